import type { RequestContext } from '../context.ts'
import { traceparentOf } from '../tracing/request-trace.ts'
import { traceIdOf } from '../tracing/trace-context.ts'

/** One request that was answered, as an operator sees it: what the log's line says, so no query, header or body. */
export interface RecentRequest {
  /** Counts the requests from 1. */
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
  readonly operation: string
  readonly decided_by: string | null
  readonly subject: string | null
  readonly request_id: string
  readonly trace_id: string | null
}

/** The last requests, through all generations. */
export interface RecentRequests {
  record(context: RequestContext, status: number): void
  /** Takes one that was recorded elsewhere, under a number of its own. */
  add(request: RecentRequest): void
  /** Those behind a number, newest first. */
  after(number: number): RecentRequest[]
}

/** Requests that are kept, and characters of a path. */
const kept = 500
const longestPath = 512

export function keepRecentRequests(): RecentRequests {
  const ring: RecentRequest[] = []
  let number = 0

  function keep(request: Omit<RecentRequest, 'number'>): void {
    const index = number++ % kept
    ring[index] = { ...request, number }
  }

  return {
    add: keep,
    record(context, status) {
      const { path, req, operation, principal, requestId, decidedBy, startedAt } = context
      const traceparent = traceparentOf(context)
      keep({
        at: Date.now(),
        method: req.method as string,
        path: path.length > longestPath ? `${path.slice(0, longestPath)}…` : path,
        status,
        ms: performance.now() - startedAt,
        operation: operation.id,
        decided_by: decidedBy ?? null,
        subject: principal?.subject ?? null,
        request_id: requestId,
        trace_id: traceparent === undefined ? null : traceIdOf(traceparent),
      })
    },
    after: (known) => ring.filter((request) => request.number > known).sort((a, b) => b.number - a.number),
  }
}
