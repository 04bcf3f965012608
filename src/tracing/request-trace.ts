import type { Span } from '@opentelemetry/api'
import type { RequestContext } from '../context.ts'
import { readTraceparent } from './trace-context.ts'

const spans = new WeakMap<RequestContext, Span>()

/** The span of a request; undefined where there is no tracer. */
export function spanOf(context: RequestContext): Span | undefined {
  return spans.get(context)
}

export function setSpan(context: RequestContext, span: Span): void {
  spans.set(context, span)
}

/** What the log and tasks carry on of a request's trace: its own span, else what the caller sent. */
export function traceparentOf(context: RequestContext): string | undefined {
  const span = spans.get(context)?.spanContext()
  if (span === undefined) return readTraceparent(context.req.headers.traceparent)
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`
}
