import { SignJWT } from 'jose'
import { defineScheme } from '../authentication/scheme-definitions.ts'
import type { Clock } from '../clock.ts'
import type { AuthenticationScheme, JwtScheme } from '../config/authentication.ts'
import { type Duration, parseDuration } from '../config/units.ts'
import type { Plan } from '../gateway.ts'
import type { TestKeys } from './test-keys.ts'

/** Who is calling. */
export interface Caller {
  readonly subject: string
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
  /** Further claims of a token; those that the token has anyway are replaced, and undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** The security scheme; the first bearer scheme of gateway.yaml when absent, or the first scheme without one. */
  readonly scheme?: string
  /** How long a token is good from now on, by the gateway's clock; an hour when absent. */
  readonly expiresIn?: Duration
}

/** What a request has to carry so that the gateway knows its caller. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

const nothing: Credentials = { headers: {}, query: {} }

/** Makes credentials that the gateway's own authenticator finds good; of several callers, each by a scheme of its own. */
export function createCredentials(plan: Plan, keys: TestKeys, clock: Clock) {
  const schemes = plan.config.authentication

  return async function credentialsOf(callers: Caller | readonly Caller[] | undefined): Promise<Credentials> {
    let all = nothing
    for (const caller of callers === undefined ? [] : [callers].flat()) all = join(all, await make(caller))
    return all
  }

  async function make(caller: Caller): Promise<Credentials> {
    const scheme = caller.scheme ?? preferred(schemes)
    const entry = scheme === undefined ? undefined : schemes[scheme]
    if (scheme === undefined || entry === undefined) {
      const known = Object.keys(schemes).join(', ') || '(none)'
      throw new Error(
        `as: gateway.yaml declares no scheme${scheme === undefined ? '' : ` '${scheme}'`} under authentication; there are: ${known}`,
      )
    }
    if (entry.jwt !== undefined) return bearer(await sign(scheme, entry.jwt, caller))
    if (entry.basic !== undefined) {
      const user = declared(
        scheme,
        caller,
        entry.basic.users.map((user) => ({ ...user, name: user.username })),
      )
      return { ...nothing, headers: { authorization: `Basic ${btoa(`${user.username}:${keys.password}`)}` } }
    }
    const key = declared(
      scheme,
      caller,
      (entry.apiKey?.keys ?? []).map((key) => ({ ...key, name: key.id })),
    )
    return sendKey(scheme, keys.apiKey(scheme, key.id))
  }

  async function sign(
    scheme: string,
    jwt: JwtScheme,
    { subject, roles = [], scopes = [], claims, expiresIn = '1h' }: Caller,
  ): Promise<string> {
    const signing = keys.signing(scheme)
    if (signing === undefined) {
      throw new Error(
        `as: this test configures the keys of '${scheme}' itself; sign a token with them and send it in headers.authorization`,
      )
    }
    const now = Math.floor(clock.now() / 1000)
    const payload = {
      ...(jwt.issuer !== undefined && { iss: jwt.issuer }),
      ...(jwt.audience !== undefined && { aud: jwt.audience }),
      sub: subject,
      iat: now,
      exp: now + Math.ceil(parseDuration(expiresIn) / 1000),
    }
    put(payload, jwt.rolesClaim, roles)
    put(payload, jwt.scopesClaim, scopes.join(' '))
    return new SignJWT({ ...payload, ...claims }).setProtectedHeader({ alg: signing.algorithm, typ: 'JWT' }).sign(signing.key)
  }

  function sendKey(scheme: string, key: string): Credentials {
    const node = plan.securitySchemes.get(scheme)
    if (node === undefined) return nothing
    const { place, name } = defineScheme(node)
    if (place === 'query') return { headers: {}, query: { [name]: key } }
    return { headers: place === 'cookie' ? { cookie: `${name}=${key}` } : { [name.toLowerCase()]: key }, query: {} }
  }
}

function preferred(schemes: Readonly<Record<string, AuthenticationScheme>>): string | undefined {
  const names = Object.keys(schemes)
  return names.find((name) => schemes[name]?.jwt !== undefined) ?? names[0]
}

function bearer(token: string): Credentials {
  return { ...nothing, headers: { authorization: `Bearer ${token}` } }
}

interface Declared {
  readonly name: string
  readonly subject?: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

/** The entry of gateway.yaml that stands for a caller: keys and users have the roles that are written there, and no others. */
function declared<Entry extends Declared>(scheme: string, caller: Caller, entries: readonly Entry[]): Entry {
  const entry =
    entries.find(({ subject, name }) => (subject ?? name) === caller.subject) ??
    entries.find(({ name }) => name === caller.subject)
  const add = `testGateway({ principals: [{ scheme: '${scheme}', subject: '${caller.subject}', roles: […] }] })`
  if (entry === undefined) {
    const known = entries.map(({ subject, name }) => subject ?? name).join(', ')
    throw new Error(
      `as: the scheme '${scheme}' knows nobody called '${caller.subject}', only ${known}; add whom you need by ${add}`,
    )
  }
  for (const what of ['roles', 'scopes'] as const) {
    if (caller[what] === undefined || same(caller[what], entry[what])) continue
    const has = entry[what].join(', ') || '(none)'
    throw new Error(
      `as: '${caller.subject}' has the ${what} ${has} by gateway.yaml, not ${caller[what].join(', ') || '(none)'}; add another principal by ${add}`,
    )
  }
  return entry
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join('\n') === [...b].sort().join('\n')
}

/** Sets a claim by its name, in which dots lead into objects. */
function put(claims: Record<string, unknown>, name: string, value: unknown): void {
  const steps = name.split('.')
  const last = steps.pop() as string
  let holder = claims
  for (const step of steps) holder = (holder[step] ??= {}) as Record<string, unknown>
  holder[last] = value
}

function join(a: Credentials, b: Credentials): Credentials {
  const twice = Object.keys(b.headers).find((name) => name !== 'cookie' && a.headers[name] !== undefined)
  if (twice !== undefined) throw new Error(`as: two of these callers need the header '${twice}'; a request has it once`)
  const cookie = [a.headers.cookie, b.headers.cookie].filter((text) => text !== undefined).join('; ')
  return { headers: { ...a.headers, ...b.headers, ...(cookie !== '' && { cookie }) }, query: { ...a.query, ...b.query } }
}
