import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'
import { Readable } from 'node:stream'
import type { Span } from '@opentelemetry/api'
import type { Context as KoaContext } from 'koa'
import type { Logger } from 'pino'
import type { Problem, ProblemOptions } from './errors.ts'
import type { Operation } from './model/operation.ts'
import type { Health, Services } from './services/service.ts'

/** Who is calling. */
export interface Principal<Role extends string = string> {
  readonly subject: string
  readonly roles: readonly Role[]
  readonly scopes: readonly string[]
  /** What the credential said besides (JWT claims; empty for API keys and basic). */
  readonly claims: Readonly<Record<string, unknown>>
  /** The name of the OpenAPI security scheme that was satisfied. */
  readonly scheme: string
  /** When the credential ends, in milliseconds since the epoch; undefined when it does not. */
  readonly expiresAt?: number
}

/**
 * An answer. `body` is a JSON value, text, bytes or a stream, written as the media type asks. Throws where it is made what HTTP
 * cannot send: a status that is not final (RFC 9110 section 15), a header with characters that do not belong there.
 */
export class Reply {
  status: number
  body: unknown
  /** Names in lower case. */
  headers: Record<string, string | string[]> | undefined

  constructor(status: number, body?: unknown, headers?: Record<string, string | string[]>) {
    if (!(Number.isInteger(status) && status >= 200 && status <= 599))
      throw new RangeError(`a reply cannot have the status ${String(status)}; use a whole number from 200 to 599`)
    this.status = status
    this.body = body
    this.headers = headers && checkedHeaders(headers)
    // Until it is sent nobody else listens, and a stream that fails meanwhile would end the process.
    if (body instanceof Readable) body.on('error', ignore)
  }
}

function ignore(): void {}

/** Ends a stream that nobody will read: a file that was opened for it, or a connection to an upstream, must not stay open. */
export function discard(body: unknown): void {
  if (body instanceof Readable) body.on('error', ignore).destroy()
}

function checkedHeaders(headers: Record<string, unknown>): Record<string, string | string[]> {
  const checked: Record<string, string | string[]> = {}
  for (const name of Object.keys(headers)) {
    const given = headers[name]
    const value = typeof given === 'number' ? String(given) : (given as string | string[])
    validateHeaderName(name)
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
    checked[name.toLowerCase()] = value
  }
  return checked
}

/** What a pipeline ends with. */
export type Outcome = Reply | Problem

/** The decoded and validated request that a handler sees. */
export interface HandlerRequest<Params = any, Query = any, Headers = any, Cookies = any, Body = any> {
  readonly method: string
  /** Path of the request as it was sent, without the query. */
  readonly path: string
  readonly params: Params
  readonly query: Query
  /** Declared header parameters by their declared names; all others by their lower-case names, as strings. */
  readonly headers: Headers
  readonly cookies: Cookies
  readonly body: Body
  /** The media type of the body as sent (without parameters), undefined without a body. */
  readonly contentType: string | undefined
}

/** What a handler gets besides the request; the same for synchronous operations and tasks. */
export interface HandlerContext {
  /** Undefined on public operations that were called without credentials. */
  readonly principal: Principal | undefined
  readonly operation: Operation
  /** Aborts when the client leaves, the time is up, the task is cancelled or the process must go. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly requestId: string
  /** The services that the handler's module names in its export `uses`. */
  readonly services: Services
  /** The state of every service that this gateway runs, by name. */
  health(): Promise<Record<string, Health>>
  /** Which run of a task this is, from 1; always 1 for a synchronous operation. */
  readonly attempt: number
  /** The task's id; undefined in a synchronous operation. */
  readonly taskId: string | undefined
  /** An answer with a status and headers of its own; a plain value answers with the operation's first 2xx status. */
  reply(status: number, body?: unknown, headers?: Record<string, string | string[]>): Reply
  /** A refusal with a code of the catalogue or of the application (then with `status`); return it or throw it. */
  problem(code: string, options?: ProblemOptions): Problem
  /** Reports how far a task is (0 to 1) and what it does; does nothing in a synchronous operation. */
  progress(fraction: number, message?: string, data?: unknown): void
}

/** An operation's own code. */
export type Handler = (request: HandlerRequest, context: HandlerContext) => unknown

/** What a body may be before it is written. */
export type BodyStream = Readable

/**
 * One request on its way through a pipeline. One shape for all requests, so that the steps stay fast;
 * a step that needs a place of its own uses `state`: a WeakMap would keep each request until all garbage is collected.
 */
export class RequestContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly operation: Operation
  /** Path as sent, still percent-encoded, without the query. */
  readonly path: string
  /** Query as sent, without `?`; empty without one. */
  readonly search: string
  /** The raw (still percent-encoded) values of the path template's variables, in the template's order. */
  readonly pathValues: readonly string[]
  readonly requestId: string
  /** `performance.now()` when the request arrived. */
  readonly startedAt: number
  principal: Principal | undefined = undefined
  /** The policy that ended the request; undefined when the target answered. */
  decidedBy: string | undefined = undefined
  params: Record<string, unknown> = emptyRecord
  query: Record<string, unknown> = emptyRecord
  headers: Record<string, unknown> = emptyRecord
  cookies: Record<string, unknown> = emptyRecord
  body: unknown = undefined
  /** The bytes that `body` was read from, their content coding undone; kept only where the target passes them on. */
  bodyBytes: Buffer | undefined = undefined
  contentType: string | undefined = undefined
  /** Response headers that policies set, as a flat list of name (lower case), value, name, value … */
  readonly responseHeaders: string[] = []
  /** What a task, or whoever runs a handler outside HTTP, aborts by; the request's own is made when first asked for. */
  abort: AbortController | undefined = undefined
  /** The template of the gateway's own route that the request met, as OpenAPI writes it. */
  systemRoute: string | undefined = undefined
  /** Koa's view of the request, once somebody has asked for it (`koaContext`). */
  koa: KoaContext | undefined = undefined
  /** The span of the request; undefined where there is no tracer. */
  span: Span | undefined = undefined
  /** A place for a team's own policies. */
  state: Record<string, unknown> | undefined = undefined

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    operation: Operation,
    path: string,
    search: string,
    pathValues: readonly string[],
    requestId: string,
    startedAt: number,
  ) {
    this.req = req
    this.res = res
    this.operation = operation
    this.path = path
    this.search = search
    this.pathValues = pathValues
    this.requestId = requestId
    this.startedAt = startedAt
  }

  /** Sets a response header that stands on whatever the pipeline ends with, refusals too. */
  setHeader(name: string, value: string): void {
    this.responseHeaders.push(name, value)
  }
}

/** Shared by all requests that have no such part; frozen, so that nobody writes into it. */
export const emptyRecord: Record<string, never> = Object.freeze(Object.create(null))
