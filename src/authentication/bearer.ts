import { LRUCache } from 'lru-cache'
import { type Clock, systemClock } from '../clock.ts'
import type { Principal } from '../context.ts'
import { Problem } from '../errors.ts'
import { quoted } from './challenge.ts'
import { type ClaimRules, checkClaims, principalOf, type Validity } from './claims.ts'
import { type CredentialSource, credentialsOf, readHeader, type SchemeVerifier, type Verification } from './credentials.ts'
import type { KeySource } from './key-source.ts'
import { parseToken, type Token } from './token.ts'

export interface BearerOptions {
  /** The name of the security scheme. */
  readonly scheme: string
  readonly realm: string
  readonly algorithms: readonly string[]
  readonly claims: ClaimRules
  readonly keys: KeySource
  readonly listsRoles: boolean
  readonly clock?: Clock
}

/** A token that was verified, and with which state of the keys. */
interface Verified {
  readonly principal: Principal
  readonly validity: Validity
  readonly generation: number
}

/** Bounds of the cache of verified tokens: entries, and characters in all. */
const cacheBounds = { max: 10_000, maxSize: 16 * 1024 * 1024, sizeCalculation: (_: Verified, header: string) => header.length }

/**
 * Bearer tokens (RFC 6750) that are JWTs. A verified token is kept under the whole header that carried it, so that a known
 * token costs one lookup; its times are checked at every use. Refusals are not kept: they would let anybody fill the cache.
 */
export function bearerVerifier(options: BearerOptions): SchemeVerifier {
  const { scheme, claims: rules, keys, clock = systemClock } = options
  const allowed = new Set(options.algorithms)
  const cache = new LRUCache<string, Verified>(cacheBounds)

  function verify(source: CredentialSource): Verification | Promise<Verification> {
    const header = readHeader(source, 'authorization')
    if (typeof header !== 'string') return header === undefined ? undefined : 'invalid'
    const known = cache.get(header)
    if (known === undefined) return examine(header)
    const now = clock.now()
    if (known.generation !== keys.generation || now >= keys.freshUntil || now < known.validity.from) return examine(header)
    if (now < known.validity.until) return known.principal
    cache.delete(header)
    return 'expired'
  }

  /** Everything that needs no key comes first: it is cheap, and most bad tokens end here. */
  function examine(header: string): Verification | Promise<Verification> {
    const text = credentialsOf(header, 'bearer')
    if (text === 'foreign') return text
    const token = parseToken(text)
    if (token === undefined || !allowed.has(token.algorithm)) return 'invalid'
    const validity = checkClaims(token.claims, rules, clock.now())
    return typeof validity === 'string' ? validity : verifySignature(header, token, validity)
  }

  async function verifySignature(header: string, token: Token, validity: Validity): Promise<Verification> {
    const found = await keys.find(token.algorithm, token.keyId)
    if (found instanceof Problem) return found
    const { generation } = keys
    for (const key of found) {
      if (!(await key.verify(token.text, token.algorithm))) continue
      const principal = principalOf(token.claims, rules, scheme)
      cache.set(header, { principal, validity, generation })
      return principal
    }
    return 'invalid'
  }

  return { challenge: `Bearer realm=${quoted(options.realm)}`, bearer: true, listsRoles: options.listsRoles, verify }
}
