import {
  type Attributes,
  context as contexts,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { isPromise } from '../compile/pipeline.ts'
import type { RequestContext } from '../context.ts'
import type { PolicyStep, Run, Step, StepResult } from '../policies/policy.ts'
import { methodLabel } from '../serve/method-label.ts'
import type { Done } from '../serve/respond.ts'
import type { RunningAttempt } from '../tasks/attempt.ts'
import type { TaskDefinition } from '../tasks/definition.ts'
import type { ClaimedTask } from '../tasks/rows.ts'
import type { Ending } from '../tasks/settle.ts'
import { traceCalls } from './call-span.ts'
import { readTraceparent, traceIdOf } from './trace-context.ts'
import type { Tracing } from './tracing.ts'

/** Attributes and names are those of OpenTelemetry's semantic conventions for HTTP; what is Gatefold's own is below `gatefold.`. */
export function createTracing(tracer: Tracer): Tracing {
  return {
    request: (pipeline, route) => traceRequest(tracer, pipeline, route),
    step: (step) => traceStep(tracer, step),
    done: (done, routeOf) => endRequest(tracer, done, routeOf),
    call: traceCalls(tracer),
    task: (definition, task, run) => traceTask(tracer, definition, task, run),
  }
}

function traceRequest(tracer: Tracer, pipeline: Run, route: string | undefined): Run {
  return function tracedRequest(context) {
    const { req, startedAt } = context
    const active = contexts.active()
    // Where an instrumentation of node:http has made a span already, ours is a part of it.
    const parent = trace.getSpan(active) === undefined ? propagation.extract(active, req.headers) : active
    const method = methodLabel(req.method as string)
    const options = { kind: SpanKind.SERVER, startTime: startedAt, attributes: requestAttributes(context, method) }
    const span = tracer.startSpan(route === undefined ? method : `${method} ${route}`, options, parent)
    context.span = span
    return contexts.with(trace.setSpan(parent, span), pipeline, undefined, context)
  }
}

/** The query stays out: it may hold credentials. */
function requestAttributes({ req, path, operation, requestId }: RequestContext, method: string): Attributes {
  const { host, 'user-agent': agent } = req.headers
  return {
    'http.request.method': method,
    ...(method !== req.method && { 'http.request.method_original': req.method }),
    'url.path': path,
    'url.scheme': 'encrypted' in req.socket ? 'https' : 'http',
    'network.protocol.version': req.httpVersion,
    ...(req.socket.remoteAddress !== undefined && { 'network.peer.address': req.socket.remoteAddress }),
    ...(host !== undefined && { 'server.address': host.replace(/:\d+$/, '') }),
    ...(agent !== undefined && { 'user_agent.original': agent }),
    'gatefold.operation': operation.id,
    'gatefold.request_id': requestId,
  }
}

function endRequest(tracer: Tracer, done: Done, routeOf: (context: RequestContext) => string | undefined): Done {
  return function endTrace(context, status) {
    const { span } = context
    if (span?.isRecording()) {
      const route = routeOf(context)
      if (route !== undefined) {
        span.setAttribute('http.route', route)
        span.updateName(`${methodLabel(context.req.method as string)} ${route}`)
      }
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) fail(span, String(status))
      noteDecision(tracer, context, span, status)
    }
    span?.end(performance.now())
    done(context, status)
  }
}

/** Policies that have said so already have a span; one that wraps others, or judges the answer, gets its span now. */
function noteDecision(tracer: Tracer, context: RequestContext, span: Span, status: number): void {
  const { decidedBy } = context
  if (decidedBy === undefined) return
  span.setAttribute('gatefold.decided_by', decidedBy)
  if (decided.has(context)) return
  const now = performance.now()
  startPolicySpan(tracer, decidedBy, now, trace.setSpan(ROOT_CONTEXT, span), status).end(now)
}

const decided = new WeakSet<RequestContext>()

function traceStep(tracer: Tracer, step: PolicyStep): PolicyStep {
  const { before, policy } = step
  if (before === undefined) return step
  const traced: Step = function tracedStep(context) {
    const startedAt = performance.now()
    const result = before(context)
    if (result === undefined) return result
    const parent = contexts.active()
    if (!isPromise(result)) {
      decided.add(context)
      startPolicySpan(tracer, policy, startedAt, parent, result.status).end(performance.now())
      return result
    }
    const span = startPolicySpan(tracer, policy, startedAt, parent, undefined)
    return result.then(
      (settled) => endStep(span, context, settled),
      (error: unknown) => {
        decided.add(context)
        span.setAttribute('gatefold.decision', 'failed')
        fail(span, 'fault')
        span.end(performance.now())
        throw error
      },
    )
  }
  return { ...step, before: traced }
}

function endStep(span: Span, context: RequestContext, result: StepResult): StepResult {
  if (result !== undefined) decided.add(context)
  decide(span, result?.status)
  span.end(performance.now())
  return result
}

function startPolicySpan(
  tracer: Tracer,
  policy: string,
  startTime: number,
  parent: ReturnType<typeof contexts.active>,
  status: number | undefined,
): Span {
  const span = tracer.startSpan(`policy ${policy}`, { startTime, attributes: { 'gatefold.policy': policy } }, parent)
  if (status !== undefined) decide(span, status)
  return span
}

function decide(span: Span, status: number | undefined): void {
  const failed = status !== undefined && status >= 500
  span.setAttribute('gatefold.decision', status === undefined ? 'admitted' : failed ? 'failed' : 'refused')
  if (failed) fail(span, String(status))
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

function traceTask(tracer: Tracer, definition: TaskDefinition, task: ClaimedTask, run: () => RunningAttempt): RunningAttempt {
  const span = tracer.startSpan(`task ${definition.operation.id}`, {
    kind: SpanKind.CONSUMER,
    root: true,
    links: linksTo(task.traceparent),
    attributes: {
      'gatefold.operation': definition.operation.id,
      'gatefold.request_id': task.request_id,
      'gatefold.task.id': task.id,
      'gatefold.task.attempt': task.attempt,
      'gatefold.task.max_attempts': task.max_attempts,
    },
  })
  const attempt = contexts.with(trace.setSpan(ROOT_CONTEXT, span), run)
  void attempt.ending.then((ending) => endTask(span, ending))
  return attempt
}

function linksTo(value: string | null): Link[] {
  const traceparent = readTraceparent(value)
  if (traceparent === undefined) return []
  const context = {
    traceId: traceIdOf(traceparent),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53, 55), 16),
    isRemote: true,
  }
  return [{ context }]
}

function endTask(span: Span, ending: Ending | undefined): void {
  span.setAttribute('gatefold.task.outcome', ending?.kind ?? 'lost')
  if (ending?.kind === 'failed') fail(span, ending.error.code)
  span.end()
}
