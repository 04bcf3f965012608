import type { ServerResponse } from 'node:http'
import Koa, { type Context, type Middleware as KoaMiddleware } from 'koa'
import { type Outcome, Reply, type RequestContext } from '../context.ts'
import { problem } from '../errors.ts'
import type { Middleware, Run } from '../policies/policy.ts'
import { problemDocument } from './problem-document.ts'

const app = new Koa()
const contexts = new WeakMap<RequestContext, Context>()

/**
 * Koa's context of a request, made when it is first asked for; `ctx.state.gatefold` leads back. The response is written
 * by the gateway: `ctx.status`, `ctx.body` and `ctx.set` decide what, as in any Koa application.
 */
export function koaContext(context: RequestContext): Context {
  const known = contexts.get(context)
  if (known !== undefined) return known
  const ctx = app.createContext(context.req, context.res as ServerResponse) as Context
  ctx.res.statusCode = 404
  ctx.state.gatefold = context
  ctx.state.principal = context.principal
  contexts.set(context, ctx)
  return ctx
}

/** Makes any Koa middleware a step of a pipeline; `next()` runs everything behind it. */
export function fromKoa(middleware: KoaMiddleware): Middleware {
  return {
    wrap: (next: Run) =>
      async function koaMiddleware(context) {
        const ctx = koaContext(context)
        let outcome: Outcome | undefined
        await middleware(ctx, async () => {
          outcome = await next(context)
          ctx.status = outcome.status
          ctx.body = bodyOf(outcome, context)
        })
        if (outcome !== undefined && ctx.status === outcome.status && ctx.body === bodyOf(outcome, context)) return outcome
        return replyOf(ctx)
      },
  }
}

/** What a Koa context was told to answer. */
export function replyOf(ctx: Context): Outcome {
  if (ctx.body === undefined || ctx.body === null) return ctx.status === 404 ? problem('not_found') : new Reply(ctx.status)
  return new Reply(ctx.status, ctx.body, ctx.type === '' ? {} : { 'content-type': String(ctx.response.get('Content-Type')) })
}

const shownBodies = new WeakMap<object, unknown>()

/** The body that Koa middlewares see of an outcome; the same value each time, so that a replacement shows. */
function bodyOf(outcome: Outcome, context: RequestContext): unknown {
  if (outcome instanceof Reply) return outcome.body
  if (!shownBodies.has(outcome)) shownBodies.set(outcome, problemDocument(outcome, context.path, context.requestId))
  return shownBodies.get(outcome)
}
