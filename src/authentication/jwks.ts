import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { systemClock } from '../clock.ts'
import { isObject } from '../documents/document.ts'
import { type KeySource, keysUnavailable, matching } from './key-source.ts'
import { type VerificationKey, verificationKey } from './signature.ts'

/** A key set that is fetched from its issuer. All times in milliseconds. */
export interface RemoteKeysOptions {
  readonly url: string
  readonly algorithms: readonly string[]
  /** Told why the keys could not be fetched. */
  readonly onFailure: (error: unknown) => void
  /** How old keys may be before they are fetched again. */
  readonly refreshAfter?: number
  /** How old keys may be that are still used while they cannot be fetched. */
  readonly staleFor?: number
  /** The least time between two fetches that unknown key ids ask for, and between two attempts after a failure. */
  readonly coolDown?: number
  readonly retryAfter?: number
  readonly timeout?: number
  /** What time it is. */
  readonly now?: () => number
}

export interface RemoteKeys extends KeySource {
  /** Fetches the keys now, unless they are on their way; never rejects. */
  refresh(): Promise<void>
  /** Whether tokens can be verified now. */
  readonly usable: boolean
}

const defaults = {
  refreshAfter: 10 * 60_000,
  staleFor: 60 * 60_000,
  coolDown: 30_000,
  retryAfter: 5_000,
  timeout: 5_000,
  now: systemClock.now,
}
const largestKeySet = 256 * 1024
const mostKeys = 64

/**
 * The keys of a JWKS URL (RFC 7517), kept until they are stale. An id that is not known is a rotation until a fetch says
 * otherwise; how often strangers can cause one is bounded by the cool-down. While the issuer is away, keys stay in use up to
 * `staleFor`; after that, or for an unknown id, the answer is 503: the token may be good, it cannot be said.
 */
export function remoteKeys(given: RemoteKeysOptions): RemoteKeys {
  const options = { ...defaults, ...given }
  const { now } = options
  let keys: readonly VerificationKey[] = []
  let generation = 0
  let fetchedAt = -Infinity
  let freshUntil = -Infinity
  let nextAttempt = -Infinity
  let failed = false
  let underway: Promise<void> | undefined

  function refresh(): Promise<void> {
    underway ??= fetchOnce().finally(() => {
      underway = undefined
    })
    return underway
  }

  async function fetchOnce(): Promise<void> {
    try {
      const next = await fetchKeys(options)
      if (keys.some((key) => !next.some((other) => sameKey(key, other)))) generation++
      keys = next
      failed = false
      fetchedAt = now()
      freshUntil = fetchedAt + options.refreshAfter
      nextAttempt = fetchedAt + options.coolDown
    } catch (error) {
      failed = true
      nextAttempt = now() + options.retryAfter
      freshUntil = Math.min(nextAttempt, fetchedAt + options.staleFor)
      options.onFailure(error)
    }
  }

  function isUsable(): boolean {
    return now() < fetchedAt + options.staleFor
  }

  function select(keyId: string | undefined): ReturnType<KeySource['find']> {
    if (!isUsable()) return keysUnavailable(nextAttempt - now())
    const found = matching(keys, keyId)
    return found.length === 0 && failed ? keysUnavailable(nextAttempt - now()) : found
  }

  function find(_: string, keyId: string | undefined): ReturnType<KeySource['find']> {
    const time = now()
    const due = time >= nextAttempt
    if (isUsable() && matching(keys, keyId).length > 0) {
      if (time >= freshUntil && due) void refresh()
      return select(keyId)
    }
    return due || underway !== undefined ? refresh().then(() => select(keyId)) : select(keyId)
  }

  return {
    find,
    refresh,
    get usable() {
      return isUsable()
    },
    get generation() {
      return generation
    },
    get freshUntil() {
      return freshUntil
    },
  }
}

function sameKey(a: VerificationKey, b: VerificationKey): boolean {
  return a.keyId === b.keyId && a.key.equals(b.key)
}

async function fetchKeys(options: { url: string; timeout: number; algorithms: readonly string[] }): Promise<VerificationKey[]> {
  const response = await fetch(options.url, {
    // A redirect could lead to plain http, or to an address inside.
    redirect: 'error',
    signal: AbortSignal.timeout(options.timeout),
    headers: { accept: 'application/jwk-set+json, application/json' },
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the key set's server answered ${response.status}`)
  }
  return readKeySet(JSON.parse(await readText(response)), options.algorithms)
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > largestKeySet) throw new Error(`the key set is larger than ${largestKeySet} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * The keys of a JWK set that can verify signatures of the allowed algorithms. Others are skipped, as RFC 7517 section 5 asks;
 * so are symmetric keys, which have no place in a public document, and a set without any usable key is an error.
 */
export function readKeySet(set: unknown, allowed: readonly string[]): VerificationKey[] {
  if (!isObject(set) || !Array.isArray(set.keys)) throw new Error('the document is no JWK set: it has no list "keys"')
  const keys = set.keys.slice(0, mostKeys).flatMap((jwk) => (isObject(jwk) ? (importKey(jwk, allowed) ?? []) : []))
  if (keys.length === 0) throw new Error('the key set has no key that fits the allowed algorithms')
  return keys
}

function importKey(jwk: Record<string, unknown>, allowed: readonly string[]): VerificationKey | undefined {
  if (jwk.kty === 'oct' || (jwk.use !== undefined && jwk.use !== 'sig')) return undefined
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined
  const usable = jwk.alg === undefined ? allowed : allowed.filter((algorithm) => algorithm === jwk.alg)
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    return verificationKey(key, typeof jwk.kid === 'string' ? jwk.kid : undefined, usable)
  } catch {
    return undefined
  }
}
