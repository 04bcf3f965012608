import { type Clock, systemClock } from '../clock.ts'
import type { Principal } from '../context.ts'
import { Problem } from '../errors.ts'
import { quoted } from './challenge.ts'
import { type ClaimRules, checkClaims, principalOf, type Validity } from './claims.ts'
import { type CredentialSource, credentialsOf, readHeader, type SchemeVerifier, type Verification } from './credentials.ts'
import type { KeySource } from './key-source.ts'
import type { VerificationKey } from './signature.ts'
import { parseToken, type Token } from './token.ts'
import { createTokenCache } from './token-cache.ts'

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

const cacheBounds = { entries: 20_000, characters: 16 * 1024 * 1024 }

/**
 * Bearer tokens (RFC 6750) that are JWTs. A verified token is kept under the whole header that carried it, so that a known
 * token costs one lookup; its times are checked at every use. Refusals are not kept: they would let anybody fill the cache.
 */
export function bearerVerifier(options: BearerOptions): SchemeVerifier {
  const { scheme, claims: rules, keys, clock = systemClock } = options
  const allowed = new Set(options.algorithms)
  const cache = createTokenCache<Verified>(cacheBounds)

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

  function verifySignature(header: string, token: Token, validity: Validity): Verification | Promise<Verification> {
    const found = keys.find(token.algorithm, token.keyId)
    return found instanceof Promise
      ? found.then((late) => judge(late, header, token, validity))
      : judge(found, header, token, validity)
  }

  function judge(
    found: readonly VerificationKey[] | Problem,
    header: string,
    token: Token,
    validity: Validity,
  ): Verification | Promise<Verification> {
    if (found instanceof Problem) return found
    const { generation } = keys
    const settle = (good: boolean): Verification => {
      if (!good) return 'invalid'
      const principal = principalOf(token.claims, rules, scheme)
      cache.set(header, { principal, validity, generation })
      return principal
    }
    const good = isSignedByOneOf(found, token)
    return good instanceof Promise ? good.then(settle) : settle(good)
  }

  return { challenge: `Bearer realm=${quoted(options.realm)}`, bearer: true, listsRoles: options.listsRoles, verify }
}

/** Tries the keys in their order; a promise is made only where a check needs one. */
function isSignedByOneOf(keys: readonly VerificationKey[], token: Token): boolean | Promise<boolean> {
  for (let i = 0; i < keys.length; i++) {
    const good = (keys[i] as VerificationKey).verify(token.text, token.algorithm)
    if (good instanceof Promise) return good.then((signed) => signed || isSignedByOneOf(keys.slice(i + 1), token))
    if (good) return true
  }
  return false
}
