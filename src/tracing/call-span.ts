import {
  type Attributes,
  context as contexts,
  propagation,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { methodLabel } from '../serve/method-label.ts'
import type { TracedCall, Tracing } from './tracing.ts'

/** A client span of each call to an upstream, by OpenTelemetry's semantic conventions for HTTP. It ends when the answer begins. */
export function traceCalls(tracer: Tracer): Tracing['call'] {
  return async function traceCall(context, call, send) {
    const request = context.span
    const active = contexts.active()
    const parent = request === undefined ? active : trace.setSpan(active, request)
    const method = methodLabel(call.method)
    const options = { kind: SpanKind.CLIENT, attributes: callAttributes(call, method) }
    const span = tracer.startSpan(`${method} ${call.template}`, options, parent)
    const within = trace.setSpan(parent, span)
    const carrier: Record<string, string> = {}
    propagation.inject(within, carrier)
    try {
      const ending = await contexts.with(within, send, undefined, Object.entries(carrier).flat())
      const status = ending.response?.statusCode
      if (status !== undefined) span.setAttribute('http.response.status_code', status)
      const failure = ending.response === undefined ? ending.failure : undefined
      if (failure !== undefined || (status ?? 0) >= 400) {
        span.setAttribute('error.type', failure ?? String(status))
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      return ending
    } finally {
      span.end()
    }
  }
}

function callAttributes({ method, template, origin, path, resend }: TracedCall, label: string): Attributes {
  return {
    'http.request.method': label,
    ...(label !== method && { 'http.request.method_original': method }),
    'server.address': origin.hostname,
    'server.port': Number(origin.port || (origin.protocol === 'https:' ? 443 : 80)),
    'url.full': origin.origin + path,
    'url.template': template,
    ...(resend > 0 && { 'http.request.resend_count': resend }),
  }
}
