/** How long a failed attempt waits for the next one; times in milliseconds. */
export interface Backoff {
  kind: 'fixed' | 'exponential'
  delay: number
  max: number
  /** The share of each delay that is left to chance, 0 to 1. */
  jitter: number
}

/**
 * Milliseconds between the end of attempt number `attempt` (from 1) and the start of the next. With jitter the delay lies
 * evenly between `(1 - jitter)` of its full length and its full length, so it is never above `max`.
 */
export function retryDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const factor = backoff.kind === 'exponential' ? 2 ** (attempt - 1) : 1
  const full = Math.min(backoff.delay * factor, backoff.max)
  return Math.round(full * (1 - backoff.jitter * random()))
}
