import type { Logger } from 'pino'
import { traceIdOf } from './request-id.ts'
import type { Done } from './respond.ts'

/**
 * One line a request. The path stands without its query, which may hold credentials; the caller stands by subject;
 * `decided_by` is the policy that ended the request, absent when the operation itself answered.
 * `ms` is the time until the answer was handed over, in milliseconds.
 */
export function accessLog(log: Logger, enabled: boolean): Done {
  if (!enabled || !log.isLevelEnabled('info')) return () => {}
  return function logRequest(context, status) {
    const { req } = context
    log.info(
      {
        method: req.method,
        path: context.path,
        status,
        ms: Math.round((performance.now() - context.startedAt) * 1000) / 1000,
        op: context.operation.id,
        decided_by: context.decidedBy,
        sub: context.principal?.subject,
        request_id: context.requestId,
        trace_id: req.headers.traceparent === undefined ? undefined : traceIdOf(req),
      },
      'request',
    )
  }
}
