import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Principal } from '../context.ts'
import { problem } from '../errors.ts'
import { quoted } from './challenge.ts'
import { type CredentialSource, credentialsOf, readHeader, type SchemeVerifier, type Verification } from './credentials.ts'
import { PasswordsBusyError, verifyPassword } from './passwords.ts'

export interface BasicUser {
  readonly username: string
  /** argon2id PHC string. */
  readonly password: string
  readonly subject?: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

export interface BasicOptions {
  readonly scheme: string
  readonly realm: string
  readonly users: readonly BasicUser[]
}

const longestCredentials = 4096
/** How long good credentials are remembered: hashing costs tens of milliseconds, and browsers send them with every request. */
const rememberFor = 5 * 60_000
const mostRemembered = 1000
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * HTTP basic authentication (RFC 7617, in UTF-8). Only good credentials are remembered, under their SHA-256; the work for
 * bad ones is bounded by the queue of `verifyPassword`, which ends in 503.
 */
export function basicVerifier(options: BasicOptions): SchemeVerifier {
  const users = new Map(options.users.map((user) => [user.username.normalize('NFC'), user]))
  const principals = new Map(options.users.map((user) => [user, principalOf(user, options.scheme)]))
  const remembered = new LRUCache<string, Principal>({ max: mostRemembered, ttl: rememberFor })
  // Compared where there is no such user: what hashing costs is up to whoever made the hashes, and must not tell names apart.
  const decoy = options.users[0]?.password
  const busy = problem('overloaded', { headers: { 'retry-after': '1' } })

  function verify(source: CredentialSource): Verification | Promise<Verification> {
    const header = readHeader(source, 'authorization')
    if (typeof header !== 'string') return header === undefined ? undefined : 'invalid'
    const credentials = credentialsOf(header, 'basic')
    if (credentials === 'foreign') return credentials
    const pair = decode(credentials)
    if (pair === undefined) return 'invalid'
    const digest = hash('sha256', credentials, 'hex')
    return remembered.get(digest) ?? check(pair, digest)
  }

  async function check({ username, password }: Pair, digest: string): Promise<Verification> {
    const user = users.get(username)
    try {
      if (!(await verifyPassword(password, user?.password ?? decoy)) || user === undefined) return 'invalid'
    } catch (error) {
      if (error instanceof PasswordsBusyError) return busy
      throw error
    }
    const principal = principals.get(user) as Principal
    remembered.set(digest, principal)
    return principal
  }

  return { challenge: `Basic realm=${quoted(options.realm)}, charset="UTF-8"`, bearer: false, listsRoles: true, verify }
}

interface Pair {
  username: string
  password: string
}

/** User name and password (RFC 7617 section 2): canonical base64 of UTF-8, divided at the first colon, without control characters. */
function decode(credentials: string): Pair | undefined {
  if (credentials.length > longestCredentials) return undefined
  const bytes = Buffer.from(credentials, 'base64')
  if (bytes.toString('base64') !== credentials) return undefined
  try {
    const text = utf8.decode(bytes)
    const colon = text.indexOf(':')
    if (colon === -1 || /\p{Cc}/u.test(text)) return undefined
    return { username: text.slice(0, colon).normalize('NFC'), password: text.slice(colon + 1) }
  } catch {
    return undefined
  }
}

function principalOf(user: BasicUser, scheme: string): Principal {
  return Object.freeze({
    subject: user.subject ?? user.username,
    roles: Object.freeze([...user.roles]),
    scopes: Object.freeze([...user.scopes]),
    claims: Object.freeze({}),
    scheme,
  })
}
