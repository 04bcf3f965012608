import { randomUUIDv7 } from 'node:crypto'
import { hashPassword } from 'gatefold'
import type { Handler } from '../gatefold.ts'
import { type Account, findAccount, normalizeEmail, toUser } from './accounts/account.ts'

export const uses = ['database'] as const

/** POST /auth/register */
export const register: Handler<'register'> = async ({ body }, { services, reply, problem }) => {
  const { password, name = null } = body
  const email = normalizeEmail(body.email)
  if (containsMailbox(password, email)) {
    const errors = [{ place: 'body', pointer: '/password', message: 'must not contain the name in the e-mail address' }] as const
    return problem('validation_failed', { errors })
  }
  // The database decides who was first: asking beforehand would leave a gap between question and insertion.
  const { rows } = await services.database.query<Account>(
    `INSERT INTO account (id, email, name, password_hash, roles) VALUES ($1, $2, $3, $4, '{user}')
     ON CONFLICT (email) DO NOTHING RETURNING *`,
    [randomUUIDv7(), email, name, await hashPassword(password)],
  )
  const [account] = rows
  if (account === undefined) {
    return problem('email_taken', { status: 409, title: 'This e-mail address has an account', detail: 'log in with it instead' })
  }
  return reply(201, toUser(account))
}

/** GET /auth/me */
export const getMe: Handler<'getMe'> = async (_request, { principal, services, problem }) => {
  const account = await findAccount(services.database, principal!.subject)
  if (account === undefined) {
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
    return problem('invalid_credentials', { detail: 'the account of this token does not exist (any more)', headers })
  }
  return toUser(account)
}

function containsMailbox(password: string, email: string): boolean {
  const mailbox = email.slice(0, email.lastIndexOf('@'))
  return mailbox.length >= 4 && password.toLowerCase().includes(mailbox)
}
