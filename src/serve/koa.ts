import type { ServerResponse } from 'node:http'
import Koa, { type Context, type Middleware as KoaMiddleware } from 'koa'
import { isPromise } from '../compile/pipeline.ts'
import { type Outcome, Reply, type RequestContext } from '../context.ts'
import { problem } from '../errors.ts'
import type { Middleware, Run } from '../policies/policy.ts'
import { holdWrittenJson, showJson, WrittenJson } from './koa-json.ts'
import { problemDocument } from './problem-document.ts'

const app = new Koa()
holdWrittenJson(app.response)

/**
 * Koa's context of a request, made when it is first asked for; `ctx.state.gatefold` leads back. The response is written
 * by the gateway: `ctx.status`, `ctx.body` and `ctx.set` decide what, as in any Koa application.
 */
export function koaContext(context: RequestContext): Context {
  if (context.koa !== undefined) return context.koa
  const ctx = app.createContext(context.req, context.res as ServerResponse) as Context
  ctx.res.statusCode = 404
  ctx.state.gatefold = context
  ctx.state.principal = context.principal
  context.koa = ctx
  return ctx
}

/** Makes any Koa middleware a step of a pipeline; `next()` runs everything behind it. JSON is shown to it as a value. */
export function fromKoa(middleware: KoaMiddleware): Middleware {
  return {
    wrap: (next: Run) =>
      async function koaMiddleware(context) {
        const ctx = koaContext(context)
        let behind: Shown | undefined
        await middleware(ctx, async () => {
          const running = next(context)
          behind = show(isPromise(running) ? await running : running, ctx, context)
        })
        return behind !== undefined && isUnchanged(ctx, behind) ? behind.outcome : replyOf(ctx)
      },
  }
}

/** An outcome, and what stands for it in Koa's context. */
interface Shown {
  readonly outcome: Outcome
  readonly body: unknown
}

function show(outcome: Outcome, ctx: Context, context: RequestContext): Shown {
  const written = isWritten(outcome) ? showJson(ctx.response, outcome.body, outcome.status) : undefined
  if (written !== undefined) return { outcome, body: written }
  const body = shownBody(outcome, context)
  ctx.body = body
  // Behind the body: without one Koa would make it 204.
  ctx.status = outcome.status
  return { outcome, body }
}

function isWritten(outcome: Outcome): outcome is Reply & { body: string } {
  return (
    outcome instanceof Reply && typeof outcome.body === 'string' && String(outcome.headers?.['content-type']).includes('json')
  )
}

function shownBody(outcome: Outcome, context: RequestContext): unknown {
  if (!(outcome instanceof Reply)) return problemDocument(outcome, context.path, context.requestId)
  return isWritten(outcome) ? JSON.parse(outcome.body) : outcome.body
}

/** A value that was shown may have been changed in place, so only what cannot be is taken for unchanged. */
function isUnchanged(ctx: Context, { outcome, body }: Shown): boolean {
  if (ctx.status !== outcome.status) return false
  if (body instanceof WrittenJson) return body.standsIn(ctx.response)
  if (ctx.body !== body) return false
  if (!(outcome instanceof Reply) || body === outcome.body) return true
  return JSON.stringify(body) === outcome.body
}

/** What a Koa context was told to answer. */
export function replyOf(ctx: Context): Outcome {
  const { status } = ctx
  const body: unknown = ctx.body ?? undefined
  if (body === undefined && status === 404) return problem('not_found')
  return new Reply(status, body, takeHeaders(ctx.res))
}

/** The headers that were set on the response itself; as the reply's own they stand before what policies would add. */
function takeHeaders(res: ServerResponse): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(res.getHeaders())) {
    res.removeHeader(name)
    // The length is counted where the body is written.
    if (value !== undefined && name !== 'content-length') headers[name] = Array.isArray(value) ? value : String(value)
  }
  return headers
}
