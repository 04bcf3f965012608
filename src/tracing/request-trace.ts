import type { RequestContext } from '../context.ts'
import { readTraceparent } from './trace-context.ts'

/** What the log and tasks carry on of a request's trace: its own span, else what the caller sent. */
export function traceparentOf(context: RequestContext): string | undefined {
  const span = context.span?.spanContext()
  if (span === undefined) return readTraceparent(context.req.headers.traceparent)
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`
}
