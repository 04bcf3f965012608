import type { Principal } from '../context.ts'
import { isObject } from '../documents/document.ts'
import type { Refusal } from './credentials.ts'

/** What is asked of a token's claims; undefined members are not asked for. */
export interface ClaimRules {
  /** The exact issuers that are trusted. */
  readonly issuers: readonly string[] | undefined
  /** The exact audiences that this API answers to. */
  readonly audiences: readonly string[] | undefined
  /** By how much clocks may differ, in milliseconds. */
  readonly clockSkew: number
  /** Claim with the roles: its name, or a path of names with dots (`realm_access.roles`). */
  readonly rolesClaim: string
  /** Claim with the scopes, as a list or separated by spaces (RFC 8693 section 4.2). */
  readonly scopesClaim: string
}

/** Times of a token that was found good, in milliseconds since the epoch, clock skew included. */
export interface Validity {
  readonly from: number
  readonly until: number
}

/**
 * Checks the registered claims (RFC 7519 section 4.1) at the time `now`. `exp` and `sub` are required: a token without
 * an end, or for nobody, is not a credential. Numbers must be finite (JSON's 1e999 is Infinity, which never expires).
 */
export function checkClaims(claims: Readonly<Record<string, unknown>>, rules: ClaimRules, now: number): Validity | Refusal {
  const { exp, nbf, iat, sub, iss, aud } = claims
  if (!isTime(exp) || (nbf !== undefined && !isTime(nbf)) || (iat !== undefined && !isTime(iat))) return 'invalid'
  if (typeof sub !== 'string' || sub === '' || !isName(sub)) return 'invalid'
  if (rules.issuers !== undefined && !(typeof iss === 'string' && rules.issuers.includes(iss))) return 'invalid'
  if (rules.audiences !== undefined && !isFor(aud, rules.audiences)) return 'invalid'
  const from = Math.max(nbf ?? 0, iat ?? 0) * 1000 - rules.clockSkew
  const until = exp * 1000 + rules.clockSkew
  if (now < from) return 'invalid'
  return now >= until ? 'expired' : { from, until }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isFor(aud: unknown, audiences: readonly string[]): boolean {
  if (typeof aud === 'string') return audiences.includes(aud)
  return Array.isArray(aud) && aud.every((name) => typeof name === 'string') && aud.some((name) => audiences.includes(name))
}

/**
 * Control characters have no place in a name, and databases and logs stumble over them. Half a surrogate pair has no UTF-8: names
 * that differ in one are the same to whatever stores them.
 */
function isName(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.isWellFormed()
}

/** Who a good token speaks for. All requests with the token share it, so nobody can change it. */
export function principalOf(claims: Readonly<Record<string, unknown>>, rules: ClaimRules, scheme: string): Principal {
  return Object.freeze({
    subject: claims.sub as string,
    roles: namesIn(claimAt(claims, rules.rolesClaim), (role) => [role]),
    scopes: namesIn(claimAt(claims, rules.scopesClaim), (scopes) => scopes.split(' ')),
    claims: freezeAll(claims),
    scheme,
    expiresAt: (claims.exp as number) * 1000,
  })
}

/** A claim by its name; a name that is not there is taken as a path. */
function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const step of name.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined
    value = value[step]
  }
  return value
}

/** The names in a list, or in one string; anything else names nothing. Only scopes may be separated by spaces: a role may contain some. */
function namesIn(claim: unknown, split: (text: string) => string[]): readonly string[] {
  const names = typeof claim === 'string' ? split(claim) : Array.isArray(claim) ? claim : []
  return Object.freeze(names.filter((name) => typeof name === 'string' && name !== ''))
}

/** A JSON value, whose depth is that of a token at most. */
function freezeAll<Value>(value: Value): Readonly<Value> {
  if (typeof value !== 'object' || value === null) return value
  for (const name in value) freezeAll(value[name])
  return Object.freeze(value)
}
