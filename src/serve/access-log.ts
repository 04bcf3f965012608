import type { RequestContext } from '../context.ts'
import type { Operation } from '../model/operation.ts'
import { traceparentOf } from '../tracing/request-trace.ts'
import { traceIdOf } from '../tracing/trace-context.ts'
import type { Log } from './log.ts'
import { quoted } from './quoted.ts'
import type { Done } from './respond.ts'

/**
 * One line a request. The path stands without its query, which may hold credentials; the caller stands by subject;
 * `decided_by` is the policy that ended the request, absent when the operation itself answered.
 * `ms` is the time until the answer was handed over, in milliseconds.
 *
 * The line is written as pino would write it, into the same stream: to make an object for each, only to have it taken apart
 * again, costs as much as all policies together.
 */
export function accessLog(
  { log, write, process }: Pick<Log, 'log' | 'write' | 'process'>,
  enabled: boolean,
  tracing: boolean,
): Done {
  if (!enabled) return () => {}
  const names = new WeakMap<Operation, string>()

  function nameOf(operation: Operation): string {
    const known = names.get(operation)
    if (known !== undefined) return known
    const name = quoted(operation.id)
    names.set(operation, name)
    return name
  }

  return function logRequest(context, status) {
    if (!log.isLevelEnabled('info')) return
    const { req, decidedBy, principal } = context
    const ms = Math.round((performance.now() - context.startedAt) * 1000) / 1000
    let line = `{"level":"info","time":${Date.now()},${process}"method":"${req.method}","path":${quoted(context.path)},"status":${status},"ms":${ms},"op":${nameOf(context.operation)}`
    if (decidedBy !== undefined) line += `,"decided_by":${quoted(decidedBy)}`
    if (principal !== undefined) line += `,"sub":${quoted(principal.subject)}`
    const traceId = tracing || req.headers.traceparent !== undefined ? traceOf(context) : undefined
    // Neither id can hold anything that JSON would have to escape; see where they are read.
    line +=
      traceId === undefined
        ? `,"request_id":"${context.requestId}"`
        : `,"request_id":"${context.requestId}","trace_id":"${traceId}"`
    write(`${line},"msg":"request"}\n`)
  }
}

/** Undefined for callers that send no valid `traceparent`, where there is no tracer. */
function traceOf(context: RequestContext): string | undefined {
  const traceparent = traceparentOf(context)
  return traceparent && traceIdOf(traceparent)
}
