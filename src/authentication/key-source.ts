import { type Problem, problem } from '../errors.ts'
import type { VerificationKey } from './signature.ts'

/** Where the keys of one bearer scheme come from. */
export interface KeySource {
  /** Changes when a key is withdrawn: what was verified before has to be verified again. */
  readonly generation: number
  /** Until when verified tokens may be reused without asking for keys, in milliseconds since the epoch. */
  readonly freshUntil: number
  /** The keys that may have signed such a token; none when there is no such key, a problem when that cannot be said now. */
  find(
    algorithm: string,
    keyId: string | undefined,
  ): readonly VerificationKey[] | Problem | Promise<readonly VerificationKey[] | Problem>
}

/** The answer while keys cannot be had. `wait` in milliseconds. */
export function keysUnavailable(wait: number): Problem {
  return problem('authentication_unavailable', { headers: { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) } })
}

/** Keys that stay as they are while the process runs. A key without an id answers to every id. */
export function fixedKeys(keys: readonly VerificationKey[]): KeySource {
  return {
    generation: 0,
    freshUntil: Infinity,
    find: (_, keyId) => (keys.length === 1 ? keys : matching(keys, keyId)),
  }
}

/** The keys with an id, or all of them for a token that names none. */
export function matching(keys: readonly VerificationKey[], keyId: string | undefined): readonly VerificationKey[] {
  return keyId === undefined ? keys : keys.filter((key) => key.keyId === keyId)
}
