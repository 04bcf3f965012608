import type { Logger } from 'pino'
import { isPromise } from '../compile/pipeline.ts'
import type { CompileTools } from '../compile/tools.ts'
import { type Handler, type HandlerContext, type HandlerRequest, type Outcome, Reply, type RequestContext } from '../context.ts'
import { applicationProblem, Problem, type ProblemOptions } from '../errors.ts'
import { handlerHeaders } from '../messages/headers.ts'
import type { Operation } from '../model/operation.ts'
import { signalOf } from '../serve/abort.ts'
import type { Services } from '../services/service.ts'
import { traceparentOf } from '../tracing/request-trace.ts'
import { traceIdOf } from '../tracing/trace-context.ts'

/** Runs a handler for HTTP requests; its value becomes a reply. */
export function handlerRunner(
  handler: Handler,
  operation: Operation,
  tools: CompileTools,
): (context: RequestContext) => Outcome | Promise<Outcome> {
  const toReply = replyMaker(operation)
  const { log, services, health } = tools
  return function runHandler(context) {
    const value = handler(new ReceivedRequest(context), new RequestHandlerContext(context, services, log, health.all))
    return isPromise(value) ? value.then(toReply) : toReply(value)
  }
}

/**
 * What a handler sees of a request. A class, because a getter in an object literal would be a function of its own for each request, which
 * makes a slow dictionary of the object and keeps it until all garbage is collected.
 */
class ReceivedRequest implements HandlerRequest {
  readonly #context: RequestContext
  readonly method: string
  readonly path: string
  readonly params: Record<string, unknown>
  readonly query: Record<string, unknown>
  readonly cookies: Record<string, unknown>
  readonly body: unknown
  readonly contentType: string | undefined

  constructor(context: RequestContext) {
    this.#context = context
    this.method = context.req.method ?? 'GET'
    this.path = context.path
    this.params = context.params
    this.query = context.query
    this.cookies = context.cookies
    this.body = context.body
    this.contentType = context.contentType
  }

  get headers() {
    return handlerHeaders(this.#context)
  }
}

/** Turns what a handler returns into an outcome: a plain value answers with the operation's first 2xx status. */
export function replyMaker(operation: Operation): (value: unknown) => Outcome {
  const success = operation.responses.find((response) => response.status.startsWith('2'))
  const status = success === undefined || success.status === '2XX' ? 200 : Number(success.status)
  const emptyStatus = success !== undefined && success.content.length === 0 ? status : 204
  return function toOutcome(value) {
    if (value instanceof Reply || value instanceof Problem) return value
    return value === undefined ? new Reply(emptyStatus) : new Reply(status, value)
  }
}

/** The context of a handler that answers a request; what costs something is made when it is asked for. */
class RequestHandlerContext implements HandlerContext {
  readonly #context: RequestContext
  readonly #log: Logger
  /** A property, so that it can be taken out of the context like all else. */
  readonly health: CompileTools['health']['all']
  readonly services: Services
  readonly attempt = 1
  readonly taskId = undefined

  constructor(context: RequestContext, services: Services, log: Logger, health: CompileTools['health']['all']) {
    this.#context = context
    this.#log = log
    this.health = health
    this.services = services
  }

  get principal() {
    return this.#context.principal
  }

  get operation() {
    return this.#context.operation
  }

  get requestId() {
    return this.#context.requestId
  }

  get signal(): AbortSignal {
    return signalOf(this.#context)
  }

  get log(): Logger {
    const traceparent = traceparentOf(this.#context)
    return this.#log.child({
      request_id: this.#context.requestId,
      op: this.#context.operation.id,
      ...(traceparent !== undefined && { trace_id: traceIdOf(traceparent) }),
    })
  }

  reply(status: number, body?: unknown, headers?: Record<string, string | string[]>): Reply {
    return new Reply(status, body, headers)
  }

  problem(code: string, options?: ProblemOptions): Problem {
    return applicationProblem(code, options)
  }

  progress(): void {}
}
