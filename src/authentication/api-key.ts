import { hash } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import type { Principal } from '../context.ts'
import { quoted } from './challenge.ts'
import {
  ambiguous,
  type CredentialSource,
  readCookie,
  readHeader,
  readQuery,
  type SchemeVerifier,
  type Verification,
} from './credentials.ts'

/** A key as it is configured: who holds it, never the key itself. */
export interface ApiKey {
  readonly id: string
  /** SHA-256 of the key in hexadecimal. Keys are long and random, so that one fast hash is enough. */
  readonly sha256: string
  readonly subject?: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /** When it ends, in milliseconds since the epoch. */
  readonly expiresAt?: number
}

export interface ApiKeyOptions {
  readonly scheme: string
  readonly realm: string
  /** Where the OpenAPI scheme says that the key is sent. */
  readonly place: 'header' | 'query' | 'cookie'
  readonly name: string
  readonly keys: readonly ApiKey[]
  readonly clock?: Clock
}

const longestKey = 4096
const keyIds = new WeakMap<Principal, string>()

/** The id of the API key that a principal came with, preceded by its scheme; undefined for other credentials. */
export function apiKeyOf(principal: Principal): string | undefined {
  return keyIds.get(principal)
}

/**
 * API keys. The key is looked up by its SHA-256: how long the lookup takes says something about the digest, which nobody can
 * steer, and nothing about the keys.
 */
export function apiKeyVerifier(options: ApiKeyOptions): SchemeVerifier {
  const read = reader(options)
  const { now } = options.clock ?? systemClock
  const principals = new Map(options.keys.map((key) => [key.sha256.toLowerCase(), principalOf(key, options.scheme)]))

  function verify(source: CredentialSource): Verification {
    const sent = read(source)
    if (sent === undefined) return undefined
    if (sent === ambiguous || sent === '' || sent.length > longestKey) return 'invalid'
    const principal = principals.get(hash('sha256', sent, 'hex'))
    if (principal === undefined) return 'invalid'
    return principal.expiresAt !== undefined && now() >= principal.expiresAt ? 'expired' : principal
  }

  const challenge = `ApiKey realm=${quoted(options.realm)}, in="${options.place}", name=${quoted(options.name)}`
  return { challenge, bearer: false, listsRoles: true, verify }
}

function reader({ place, name }: ApiKeyOptions): (source: CredentialSource) => string | undefined | typeof ambiguous {
  if (place === 'query') return (source) => readQuery(source, name)
  if (place === 'cookie') return (source) => readCookie(source, name)
  const lower = name.toLowerCase()
  return (source) => readHeader(source, lower)
}

function principalOf(key: ApiKey, scheme: string): Principal {
  const principal: Principal = Object.freeze({
    subject: key.subject ?? key.id,
    roles: Object.freeze([...key.roles]),
    scopes: Object.freeze([...key.scopes]),
    claims: Object.freeze({}),
    scheme,
    ...(key.expiresAt !== undefined && { expiresAt: key.expiresAt }),
  })
  keyIds.set(principal, `${scheme}:${key.id}`)
  return principal
}
