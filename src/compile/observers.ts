import type { Metrics } from '../metrics/metrics.ts'
import { observeRequests, requestMetrics } from '../metrics/requests.ts'
import type { Operation } from '../model/operation.ts'
import type { RecentRequests } from '../ops/recent-requests.ts'
import type { Endpoint } from '../serve/listener.ts'
import type { Done } from '../serve/respond.ts'
import type { Router } from './router.ts'
import type { CompileTools } from './tools.ts'

export interface ObserversInput {
  readonly log: Done
  readonly router: Router<Endpoint>
  readonly operations: readonly Operation[]
  readonly tools: CompileTools
  readonly metrics: Metrics
  readonly recent: RecentRequests
}

/** What takes note of an answer: the log, and where somebody asks for it, metrics and the operator page. */
export function observers({ log, router, operations, tools, metrics, recent }: ObserversInput): Done {
  const { metrics: scraped, ops } = tools.config
  const counted = scraped !== false || ops !== false
  return inTurn([
    log,
    ...(counted ? [observeRequests(requestMetrics(metrics.meter), router, operations)] : []),
    ...(ops === false ? [] : [observeRecent(recent, ops.path)]),
  ])
}

/** The page's own questions would soon be all that it shows. */
function observeRecent({ record }: RecentRequests, path: string): Done {
  return function noteRequest(context, status) {
    if (context.path !== path && !context.path.startsWith(`${path}/`)) record(context, status)
  }
}

function inTurn([first, second, ...others]: readonly Done[]): Done {
  if (first === undefined || second === undefined) return first ?? (() => {})
  const rest = inTurn([second, ...others])
  return function doneInTurn(context, status) {
    first(context, status)
    rest(context, status)
  }
}
