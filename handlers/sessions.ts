import { type HandlerContext, verifyPassword } from 'gatefold'
import type { Handler } from '../gatefold.ts'
import { findAccountByEmail } from './accounts/account.ts'
import { endSession, endSessionOf, type Grant, openSession, refreshTokenLifetime, rotate } from './accounts/refresh-tokens.ts'

export const uses = ['database', 'keys'] as const

/** How long an access token works, in seconds. */
const accessTokenLifetime = 30 * 60

/** POST /auth/login */
export const login: Handler<'login'> = async ({ contentType, body }, context) => {
  const { database } = context.services
  const email = contentType === 'application/json' ? body.email : undefined
  // The document says that one of the two is there.
  const account = await findAccountByEmail(database, (email ?? body.username) as string)
  // Takes as long without an account as with one, and gives the same answer: nobody learns which addresses have one.
  const correct = await verifyPassword(body.password, account?.password_hash)
  if (account === undefined || !correct)
    return unauthenticated(context, 'invalid_credentials', 'the e-mail address or the password is wrong')
  return tokens(context, await openSession(database, account))
}

/** POST /auth/refresh */
export const refresh: Handler<'refresh'> = async ({ body }, context) => {
  const grant = await rotate(context.services.database, body.refresh_token)
  if (grant === 'invalid')
    return unauthenticated(context, 'invalid_credentials', 'the refresh token is not valid (any more): log in again')
  if (grant === 'reused')
    return unauthenticated(context, 'refresh_token_reused', 'the session has ended, as this refresh token had been used before')
  return tokens(context, grant)
}

/** POST /auth/logout */
export const logout: Handler<'logout'> = async ({ body }, context) => {
  const { principal, services } = context
  const sessionId = principal?.claims.sid
  if (body !== undefined) await endSessionOf(services.database, body.refresh_token)
  else if (typeof sessionId === 'string') await endSession(services.database, sessionId)
  else return unauthenticated(context, 'unauthenticated', 'send the bearer token of the session, or its refresh token')
}

/** The answer to login and refresh. The roles stand in the access token, so a change of roles shows with the next one. */
async function tokens({ services, reply }: HandlerContext, { account, sessionId, refreshToken }: Grant) {
  const claims = { sub: account.id, roles: account.roles, sid: sessionId }
  const body = {
    access_token: await services.keys.sign(claims, { expiresIn: accessTokenLifetime * 1000 }),
    token_type: 'bearer',
    expires_in: accessTokenLifetime,
    refresh_token: refreshToken,
    refresh_expires_in: refreshTokenLifetime,
  }
  return reply(200, body, { 'cache-control': 'no-store' })
}

function unauthenticated({ problem }: HandlerContext, code: string, detail: string) {
  return problem(code, { status: 401, detail, headers: { 'www-authenticate': 'Bearer' } })
}
