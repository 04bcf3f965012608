import type { CompileTools } from '../compile/tools.ts'
import { parseTimeout } from '../config/units.ts'
import type { RequestContext } from '../context.ts'
import type { Operation } from '../model/operation.ts'
import { type Attempt, attempt } from './attempt.ts'
import { observeCalls } from './metrics.ts'
import type { UpstreamBody } from './request-body.ts'
import type { UpstreamSettings } from './schema.ts'

/** What goes to the upstream, the same at each attempt. */
export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  /** With `?`, or empty. */
  readonly query: string
  /** Names and values, in turn. */
  readonly headers: readonly string[]
  readonly body: UpstreamBody
}

export interface SenderInput {
  readonly config: UpstreamSettings
  readonly url: URL
  readonly template: string
  readonly operation: Operation
  readonly tools: CompileTools
}

/** Makes one call, measured, and within a span where there is a tracer. `resend`: how often it has been made before. */
export type Send = (context: RequestContext, request: UpstreamRequest, signal: AbortSignal, resend: number) => Promise<Attempt>

export function compileSender({ config, url, template, operation, tools }: SenderInput): Send {
  const pool = tools.services.upstreams.pool(url.origin, config.connections)
  const timeout = parseTimeout(config.timeout)
  const observe = observeCalls(tools.meter, operation.id)
  const { tracing } = tools

  async function send(request: UpstreamRequest, signal: AbortSignal, trace: readonly string[]): Promise<Attempt> {
    const { method, path, query, headers, body } = request
    const startedAt = performance.now()
    const outgoing = { method, path: (path || '/') + query, headers: [...headers, ...trace], body }
    const ended = await attempt(pool, outgoing, timeout, signal)
    observe(method, startedAt, ended)
    return ended
  }

  if (tracing === undefined) return (_context, request, signal) => send(request, signal, [])
  return function sendTraced(context, request, signal, resend) {
    const { method, path } = request
    return tracing.call(context, { method, template, origin: url, path, resend }, (trace) => send(request, signal, trace))
  }
}
