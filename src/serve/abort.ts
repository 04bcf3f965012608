import type { RequestContext } from '../context.ts'

/**
 * The signal of a request: made when first asked for, so that requests whose handlers never look pay nothing.
 * It aborts when the client leaves before the answer is written, and on `abortRequest`.
 */
export function signalOf(context: RequestContext): AbortSignal {
  if (context.abort !== undefined) return context.abort.signal
  const controller = new AbortController()
  context.abort = controller
  const { res } = context
  const left = () => {
    if (!res.writableFinished) controller.abort(new DOMException('the client closed the connection', 'AbortError'))
  }
  if (res.destroyed) left()
  else res.once('close', left)
  return controller.signal
}

/** Ends a request's signal; a handler that asks for it only later finds it aborted. */
export function abortRequest(context: RequestContext, reason: unknown): void {
  context.abort ??= new AbortController()
  context.abort.abort(reason)
}
