import manifest from '../../package.json' with { type: 'json' }
import type { RequestContext } from '../context.ts'
import type { PolicyStep, Run } from '../policies/policy.ts'
import type { Done } from '../serve/respond.ts'
import type { RunningAttempt } from '../tasks/attempt.ts'
import type { TaskDefinition } from '../tasks/definition.ts'
import type { ClaimedTask } from '../tasks/rows.ts'

/**
 * Spans by OpenTelemetry, where the process has a tracer. Everything here is done at boot, to pipelines and tasks that are then another
 * function; without a tracer there is no such object and nothing of it runs.
 */
export interface Tracing {
  /** A pipeline that runs within a span of its own. `route` names it where it is known before it ran. */
  request(pipeline: Run, route?: string): Run
  /** A policy's step with a span wherever it decides: it ends the request, or has to wait for something. */
  step(step: PolicyStep): PolicyStep
  /** Ends the span of a request when its answer has been handed over. */
  done(done: Done, routeOf: (context: RequestContext) => string | undefined): Done
  /**
   * One call to an upstream within a client span. `send` gets the header fields that carry the trace on, as names and values in turn; what it
   * gives says how the call ended.
   */
  call<Ending extends CallEnding>(
    context: RequestContext,
    call: TracedCall,
    send: (headers: readonly string[]) => Promise<Ending>,
  ): Promise<Ending>
  /** One run of a task within a span that is linked to the request that submitted it. */
  task(definition: TaskDefinition, task: ClaimedTask, run: () => RunningAttempt): RunningAttempt
}

/** What a span says of a call to an upstream. */
export interface TracedCall {
  readonly method: string
  /** The path's template. */
  readonly template: string
  readonly origin: URL
  /** Without the query, which may hold credentials. */
  readonly path: string
  /** How often it has been made before. */
  readonly resend: number
}

/** How a call ended: with the status of its answer, or without one. */
export type CallEnding =
  | { readonly response: { readonly statusCode: number } }
  | { readonly failure?: string | undefined; readonly response?: undefined }

/** Under this key every copy of OpenTelemetry's API finds what was registered with any of them. */
const registrations = Symbol.for('opentelemetry.js.api.1')

/** Looks whether somebody (`node --import ./instrumentation.mjs`) has registered a tracer; the API is not even loaded if not. */
export async function openTracing(): Promise<Tracing | undefined> {
  const registered = (globalThis as { [registrations]?: { trace?: unknown } })[registrations]
  if (registered?.trace === undefined) return undefined
  const [{ trace, ProxyTracerProvider }, { createTracing }] = await Promise.all([
    import('@opentelemetry/api'),
    import('./spans.ts'),
  ])
  const provider = trace.getTracerProvider()
  const tracer =
    provider instanceof ProxyTracerProvider
      ? provider.getDelegateTracer('gatefold', manifest.version)
      : provider.getTracer('gatefold', manifest.version)
  return tracer && createTracing(tracer)
}
