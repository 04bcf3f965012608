import { parseDuration } from '../config/units.ts'
import type { RequestContext } from '../context.ts'
import { type Attempt, failed } from './attempt.ts'
import type { Breaker } from './breaker.ts'
import { cockatiel } from './cockatiel.ts'
import type { UpstreamSettings } from './schema.ts'

/** Makes a call, again where that may help and does no harm. `resend` counts from 0. */
export type Call = (repeatable: boolean, send: (resend: number) => Promise<Attempt>) => Promise<Attempt>

/** Composes retries around the breaker around each call. */
export function compileCalls({ retries, backoff }: UpstreamSettings, breaker: Breaker | undefined): Call {
  const once = (send: (resend: number) => Promise<Attempt>, resend: number) =>
    breaker === undefined ? send(resend) : breaker.run(() => send(resend))
  if (retries === 0) return (_repeatable, send) => once(send, 0)

  const { ExponentialBackoff, handleWhenResult, retry } = cockatiel()
  const initialDelay = parseDuration(backoff)
  const policy = retry(
    handleWhenResult((result) => mayHelp(result as Attempt)),
    { maxAttempts: retries, backoff: new ExponentialBackoff({ initialDelay: Math.max(1, initialDelay) }) },
  )
  policy.onRetry((reason) => {
    if ('value' in reason) drop(reason.value as Attempt)
  })
  return (repeatable, send) => (repeatable ? policy.execute(({ attempt }) => once(send, attempt)) : once(send, 0))
}

/** An upstream that says when to come back knows better than a backoff. */
function mayHelp(attempt: Attempt): boolean {
  const { response } = attempt
  if (response === undefined) return failed(attempt)
  return [502, 503, 504].includes(response.statusCode) && response.headers['retry-after'] === undefined
}

/** Reads past an answer that nobody gets, so that its connection can be used again. */
function drop({ response }: Attempt): void {
  response?.body.dump().catch(() => {})
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/**
 * Whether a request may be made twice (RFC 9110 section 9.2.2). `keyed`: the operation declares an `Idempotency-Key`, so the upstream knows it
 * again.
 */
export function isRepeatable({ req }: RequestContext, keyed: boolean): boolean {
  return idempotent.has(req.method as string) || (keyed && req.headers['idempotency-key'] !== undefined)
}
