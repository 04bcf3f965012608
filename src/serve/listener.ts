import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type FaultHandler, isPromise, type Pipeline } from '../compile/pipeline.ts'
import type { Router } from '../compile/router.ts'
import { type Outcome, RequestContext } from '../context.ts'
import { hasBody } from '../messages/read-bytes.ts'
import type { Operation } from '../model/operation.ts'
import { comesTooLate } from './exchange.ts'
import { originForm, refusalOf } from './http-rules.ts'
import { closeBehind, isUnread } from './lingering-close.ts'
import { requestIdOf } from './request-id.ts'
import { type Done, type Endings, respond } from './respond.ts'

/** What answers at one path and method. */
export interface Endpoint {
  readonly operation: Operation
  readonly pipeline: Pipeline
}

/** The key under which a route holds what answers methods that it does not have (405). */
export const otherMethods = '*'

export interface Application {
  readonly router: Router<Endpoint>
  /** Answers where no operation's path matches: the system routes, and 404. */
  readonly elsewhere: Endpoint
  /** Called when an answer has been handed over. */
  readonly done: Done
  /** Called when an answer could not be sent as it was. */
  readonly fault: FaultHandler
}

export interface Traffic {
  readonly listener: RequestListener
  /** Requests that have arrived and are not answered yet. */
  readonly inFlight: number
  /** From now on every answer closes its connection. */
  drain(): void
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>
}

const noValues: readonly string[] = Object.freeze([])

/**
 * The one function that all HTTP requests pass: match, run the pipeline, answer. `sendTimeout` is for how many milliseconds a client may take
 * nothing of an answer that waits for it.
 */
export function createTraffic(application: Application, sendTimeout: number): Traffic {
  const { router, elsewhere } = application
  let inFlight = 0
  let closing = false
  let waiting: (() => void)[] = []

  const done: Done = (context, status) => {
    application.done(context, status)
    inFlight--
    if (inFlight === 0 && waiting.length > 0) {
      for (const resolve of waiting) resolve()
      waiting = []
    }
  }

  const endings: Endings = { done, fault: application.fault, sendTimeout }

  function listener(req: IncomingMessage, res: ServerResponse): void {
    if (comesTooLate(req, res)) return
    const startedAt = performance.now()
    inFlight++
    const target = originForm(req)
    const mark = target.indexOf('?')
    const path = mark === -1 ? target : target.slice(0, mark)
    const search = mark === -1 ? '' : target.slice(mark + 1)
    const match = router.match(path)
    const endpoint =
      match === undefined
        ? elsewhere
        : (match.route.methods.get(req.method as string) ?? match.route.methods.get(otherMethods) ?? elsewhere)
    const values = match === undefined ? noValues : match.values
    const refusal = refusalOf(req, target)
    const context = new RequestContext(req, res, endpoint.operation, path, search, values, requestIdOf(req), startedAt)
    // A short body comes with its head and is parsed right behind it (ticks would run before its end): it is read without a stream's events.
    if (refusal === undefined && hasBody(req)) setImmediate(run, context, endpoint.pipeline)
    else run(context, refusal ?? endpoint.pipeline)
  }

  function run(context: RequestContext, pipeline: Pipeline): void {
    const outcome = pipeline(context)
    if (isPromise(outcome)) outcome.then((settled) => answer(context, settled))
    else answer(context, outcome)
  }

  function answer(context: RequestContext, outcome: Outcome): void {
    respond(context, outcome, (isUnread(context.req) && closeBehind(context.req, outcome.status)) || closing, endings)
  }

  return {
    listener,
    get inFlight() {
      return inFlight
    },
    drain() {
      closing = true
    },
    idle() {
      return inFlight === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
    },
  }
}
