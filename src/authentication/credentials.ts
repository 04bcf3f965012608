import type { Principal } from '../context.ts'
import type { Problem } from '../errors.ts'

/** Where credentials are looked for: the head of an HTTP request, or a handshake made to look like one. */
export interface CredentialSource {
  /** Name, value, name, value … as they were sent (`IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[]
  /** The query as sent, without `?`; empty without one. */
  readonly search: string
}

/**
 * Why a credential was refused. Callers learn no more than this: `foreign` (meant for another scheme, so nothing was
 * judged), `expired`, or `invalid` for everything else.
 */
export type Refusal = 'foreign' | 'expired' | 'invalid'

/** What one scheme says about a request: undefined when no credential was sent, a problem when it cannot be decided now. */
export type Verification = Principal | Refusal | Problem | undefined

/** One security scheme, ready to judge requests. */
export interface SchemeVerifier {
  /** The challenge of `WWW-Authenticate` (RFC 9110 section 11.6.1) without an error. */
  readonly challenge: string
  /** `bearer` may say in its challenge what is wrong (RFC 6750 section 3). */
  readonly bearer: boolean
  /** OAuth 2 and OpenID Connect list scopes in `security`; for all other schemes the list may name roles (OpenAPI 3.1 section 4.8.30). */
  readonly listsRoles: boolean
  verify(source: CredentialSource): Verification | Promise<Verification>
}

/** A credential that was sent more than once: which one counts cannot be decided, so none does. */
export const ambiguous = Symbol('ambiguous')

/**
 * The value of a header that may stand only once. `IncomingMessage.headers` would keep the first of several
 * `Authorization` headers silently, while a proxy in front may have looked at the last. `name` is in lower case.
 */
export function readHeader(source: CredentialSource, name: string): string | undefined | typeof ambiguous {
  const { rawHeaders } = source
  let value: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i] as string
    if (sent.length !== name.length || (sent !== name && sent.toLowerCase() !== name)) continue
    if (value !== undefined) return ambiguous
    value = rawHeaders[i + 1] as string
  }
  return value
}

/** The value of a cookie (RFC 6265 section 4.2.1), percent-encoding left as it is. */
export function readCookie(source: CredentialSource, name: string): string | undefined | typeof ambiguous {
  let value: string | undefined
  for (let i = 0; i < source.rawHeaders.length; i += 2) {
    if ((source.rawHeaders[i] as string).toLowerCase() !== 'cookie') continue
    for (const pair of (source.rawHeaders[i + 1] as string).split(';')) {
      const equals = pair.indexOf('=')
      if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
      if (value !== undefined) return ambiguous
      value = unquote(pair.slice(equals + 1).trim())
    }
  }
  return value
}

function unquote(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

/** The value of a query parameter, decoded as a form field. */
export function readQuery(source: CredentialSource, name: string): string | undefined | typeof ambiguous {
  if (source.search === '') return undefined
  const values = new URLSearchParams(source.search).getAll(name)
  return values.length > 1 ? ambiguous : values[0]
}

/**
 * The part of an `Authorization` header behind the scheme's name (RFC 9110 section 11.4: names are case-insensitive,
 * spaces follow). Another scheme is `foreign`.
 */
export function credentialsOf(authorization: string, scheme: string): string | 'foreign' {
  const start = scheme.length
  if (authorization.charCodeAt(start) !== 0x20 || authorization.slice(0, start).toLowerCase() !== scheme) return 'foreign'
  let end = start + 1
  while (authorization.charCodeAt(end) === 0x20) end++
  return authorization.slice(end)
}
