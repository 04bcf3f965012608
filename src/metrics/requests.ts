import type { Router } from '../compile/router.ts'
import type { RequestContext } from '../context.ts'
import type { Operation } from '../model/operation.ts'
import type { Endpoint } from '../serve/listener.ts'
import { methodLabel } from '../serve/method-label.ts'
import type { Done } from '../serve/respond.ts'
import type { Counter, Distribution, Histogram, Meter } from './meter.ts'

/** Upper bounds in seconds: OpenTelemetry's advice for HTTP, and two below it, where a gateway's own work lies. */
export const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Label values for requests that no operation answers: the gateway's own routes, and paths where nothing is. */
const own = 'gatefold'
const none = 'none'

/** What is counted of requests; the names are those of OpenTelemetry's semantic conventions where there is one. */
export interface RequestMetrics {
  readonly durations: Histogram
  readonly decisions: Counter
}

export function requestMetrics(meter: Meter): RequestMetrics {
  return {
    durations: meter.histogram(
      'http_server_request_duration_seconds',
      "How long requests took until their answer was handed over; operation is the operationId, 'gatefold' for the gateway's own routes, 'none' where nothing is served.",
      ['operation', 'http_request_method', 'http_route', 'http_response_status_code'],
      durationBuckets,
    ),
    decisions: meter.counter(
      'gatefold_decisions_total',
      "One decision for each request of an operation: admitted by all policies (policy is 'none'), refused by one, or failed (5xx) in one.",
      ['operation', 'policy', 'outcome'],
    ),
  }
}

/** The series of one operation, or of what a path implies. They are made when they first happen: what is never answered costs no scrape. */
class Series {
  readonly #metrics: RequestMetrics
  readonly #operation: string
  readonly #route: string
  readonly #method: string
  readonly #durations = new Map<number, Distribution>()
  readonly #admitted: { value: number } | undefined

  constructor(metrics: RequestMetrics, operation: string, route: string, method: string, decides: boolean) {
    this.#metrics = metrics
    this.#operation = operation
    this.#route = route
    this.#method = method
    this.#admitted = decides ? metrics.decisions.cell(operation, none, 'admitted') : undefined
  }

  record(context: RequestContext, status: number): void {
    const seconds = (performance.now() - context.startedAt) / 1000
    const method = context.req.method as string
    if (method === this.#method) {
      let durations = this.#durations.get(status)
      if (durations === undefined) this.#durations.set(status, (durations = this.#cell(method, status)))
      durations.observe(seconds)
    } else this.#cell(methodLabel(method), status).observe(seconds)
    if (context.decidedBy !== undefined) {
      this.#metrics.decisions.add(this.#operation, context.decidedBy, status < 500 ? 'refused' : 'failed')
    } else if (this.#admitted !== undefined) this.#admitted.value++
  }

  #cell(method: string, status: number): Distribution {
    return this.#metrics.durations.cell(this.#operation, method, this.#route, String(status))
  }
}

/** Counts every answer; what an operation's series are is decided at boot. */
export function observeRequests(metrics: RequestMetrics, router: Router<Endpoint>, operations: readonly Operation[]): Done {
  const declared = new Set(operations)
  const series = new Map<Operation, Series>()
  for (const { template, methods } of router.routes) {
    for (const { operation } of methods.values()) {
      const decides = declared.has(operation)
      const { id, path, method } = operation
      series.set(
        operation,
        decides ? new Series(metrics, id, path, method, true) : new Series(metrics, none, template, 'OPTIONS', false),
      )
    }
  }

  function recordElsewhere(context: RequestContext, status: number): void {
    const route = context.systemRoute
    const method = methodLabel(context.req.method as string)
    const cell = metrics.durations.cell(route === undefined ? none : own, method, route ?? '', String(status))
    cell.observe((performance.now() - context.startedAt) / 1000)
  }

  return function recordRequest(context, status) {
    const known = series.get(context.operation)
    if (known === undefined) recordElsewhere(context, status)
    else known.record(context, status)
  }
}
