import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import Koa, { type Context, type Middleware as KoaMiddleware } from 'koa'
import { isPromise } from '../compile/pipeline.ts'
import { type Outcome, Reply, type RequestContext } from '../context.ts'
import { problem } from '../errors.ts'
import type { Middleware, Run } from '../policies/policy.ts'
import { isRepeated, takeHeaders } from './held-headers.ts'
import { holdWrittenJson, showJson, WrittenJson } from './koa-json.ts'
import { problemDocument, problemJson } from './problem-document.ts'

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
        return behind === undefined ? replyOf(ctx) : settle(ctx, behind)
      },
  }
}

/** An outcome, and what stands for it in Koa's context. */
interface Shown {
  readonly outcome: Outcome
  readonly body: unknown
  readonly type: unknown
  /** Whether the context shows headers of the outcome besides its media type. */
  readonly hasHeaders: boolean
}

function show(outcome: Outcome, ctx: Context, context: RequestContext): Shown {
  const isReply = outcome instanceof Reply
  const body = showBody(outcome, ctx, context)
  let hasHeaders = false
  for (const name in outcome.headers) {
    if (name === 'content-type' || name === 'content-length') continue
    hasHeaders = isReply
    const value = outcome.headers[name] as string | string[]
    if (isReply && isRepeated(name)) ctx.res.appendHeader(name, value)
    else ctx.res.setHeader(name, value)
  }
  return { outcome, body, type: ctx.res.getHeader('content-type'), hasHeaders }
}

function showBody(outcome: Outcome, ctx: Context, context: RequestContext): unknown {
  const type = outcome instanceof Reply ? outcome.headers?.['content-type'] : problemJson
  const written = isWritten(outcome) ? showJson(ctx.response, outcome.body, outcome.status, String(type)) : undefined
  if (written !== undefined) return written
  const body = shownBody(outcome, context)
  ctx.body = body
  // Behind the body: without one Koa would make it 204.
  ctx.status = outcome.status
  // A status without content has taken the body away; a JSON text that is set anew would be sent as the text that it is.
  const isJsonScalar = isWritten(outcome) && (typeof body !== 'object' || body === null)
  if (type !== undefined && ctx.body === body && !isJsonScalar) ctx.res.setHeader('content-type', type)
  return body
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

/** What comes of an outcome that a middleware has seen. */
function settle(ctx: Context, shown: Shown): Outcome {
  if (!hasSameBody(ctx, shown)) return replyOf(ctx)
  const { outcome, type, hasHeaders } = shown
  const isAsItWas = !hasHeaders && ctx.res.getHeader('content-type') === type
  return isAsItWas || !(outcome instanceof Reply)
    ? outcome
    : new Reply(outcome.status, outcome.body, ownHeaders(ctx.res, outcome.body))
}

/** A value that was shown may have been changed in place, so only what cannot be is taken for unchanged. */
function hasSameBody(ctx: Context, { outcome, body }: Shown): boolean {
  if (ctx.status !== outcome.status) return false
  if (body instanceof WrittenJson) return body.standsIn(ctx.response)
  if (ctx.body !== body) return false
  if (!(outcome instanceof Reply) || body === outcome.body) return true
  return JSON.stringify(body) === outcome.body
}

/** What a Koa context was told to answer. */
export function replyOf(ctx: Context): Outcome {
  const { status } = ctx
  const body = streamOf(ctx.body ?? undefined)
  if (body === undefined && status === 404) return problem('not_found')
  return new Reply(status, body, ownHeaders(ctx.res, body))
}

/** Bodies of the web as Node's streams; Koa has taken the headers of a `Response` already. */
function streamOf(body: unknown): unknown {
  const web = body instanceof Blob ? body.stream() : body instanceof Response ? (body.body ?? undefined) : body
  return web instanceof ReadableStream ? Readable.fromWeb(web as WebStream) : web
}

/** The headers that were set on the response itself; as the reply's own they stand before what policies would add. */
function ownHeaders(res: ServerResponse, body: unknown): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(takeHeaders(res) ?? {})) {
    // Only a stream's length cannot be counted where it is written.
    if (value === undefined || (name === 'content-length' && !(body instanceof Readable))) continue
    headers[name] = Array.isArray(value) ? value : String(value)
  }
  return headers
}
