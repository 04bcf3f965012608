import type { Dispatcher, Pool } from 'undici'
import { discard } from '../context.ts'
import { BodyMeter, type UpstreamBody } from './request-body.ts'

/** Why a call brought no answer: `aborted` when the caller has left or broken its body, `open` when the breaker did not let it out. */
export type Failure = 'timeout' | 'connection' | 'malformed' | 'aborted' | 'open'

/** How one call to an upstream ended: with the beginning of an answer, or without. */
export type Attempt = { readonly response: Dispatcher.ResponseData; readonly failure?: undefined } | Failed

export interface Failed {
  readonly failure: Failure
  readonly error?: unknown
  readonly response?: undefined
}

/** Whether it speaks of an upstream in trouble. What the caller did, and what the breaker held back, does not. */
export function failed({ response, failure }: Attempt): boolean {
  if (response === undefined) return failure !== 'aborted' && failure !== 'open'
  return response.statusCode >= 500 && response.statusCode !== 501
}

/** What a call sends. */
export interface OutgoingRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Names and values, in turn. */
  readonly headers: string[]
  readonly body: UpstreamBody
}

/**
 * Makes one call. `timeout` is the time in milliseconds until the answer begins, connecting included, but not the time in which a client
 * sends the body; `signal` ends the call, and the answer's body as long as that is read.
 */
export async function attempt(pool: Pool, request: OutgoingRequest, timeout: number, signal: AbortSignal): Promise<Attempt> {
  if (signal.aborted) return { failure: 'aborted' }
  const controller = new AbortController()
  const leave = () => controller.abort(signal.reason)
  const done = () => signal.removeEventListener('abort', leave)
  let late = false
  const body = request.body instanceof BodyMeter ? request.body : undefined
  const timer = setTimeout(() => {
    if (body?.waitedForClient()) return void timer.refresh()
    late = true
    controller.abort()
  }, timeout)
  const start = () => void timer.refresh()
  body?.once('finish', start)
  signal.addEventListener('abort', leave, { once: true })
  try {
    const answer = pool.request({
      ...request,
      body: request.body ?? null,
      method: request.method as Dispatcher.HttpMethod,
      signal: controller.signal,
      headersTimeout: 0,
      bodyTimeout: timeout,
    })
    const response = await unlessAborted(answer, controller.signal)
    response.body.once('close', done)
    return { response }
  } catch (error) {
    done()
    return { failure: late ? 'timeout' : signal.aborted || body?.isBroken ? 'aborted' : failureOf(error), error }
  } finally {
    body?.off('finish', start)
    clearTimeout(timer)
  }
}

/** An answer, or the rejection of a signal that comes before: a request that waits for a free connection does not hear of it. */
function unlessAborted(answer: Promise<Dispatcher.ResponseData>, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  return new Promise((resolve, reject) => {
    function abandon(): void {
      reject(signal.reason)
      answer.then(
        ({ body }) => discard(body),
        () => {},
      )
    }
    signal.addEventListener('abort', abandon, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon))
  })
}

/** What an error of undici means. */
export function failureOf(error: unknown): Failure {
  const code = String((error as { code?: unknown }).code)
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout'
  return /^HPE_|OVERFLOW|MISMATCH|EXCEEDED/.test(code) ? 'malformed' : 'connection'
}
