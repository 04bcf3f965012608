import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { type Outcome, Reply, type RequestContext } from '../context.ts'
import type { Problem } from '../errors.ts'
import { problemDocument } from './problem-document.ts'

const json = 'application/json; charset=utf-8'
const problemJson = 'application/problem+json; charset=utf-8'

/** Called once when an answer has been handed over, with the status that went out. */
export type Done = (context: RequestContext, status: number) => void

/** Writes an outcome. A client that has left, or a stream that fails, ends this response and nothing else. */
export function respond(context: RequestContext, outcome: Outcome, closing: boolean, done: Done): void {
  const { res } = context
  if (res.headersSent || res.destroyed) return done(context, res.headersSent ? res.statusCode : clientClosedRequest)
  const headers = context.responseHeaders
  headers.push('x-request-id', context.requestId)
  if (closing) headers.push('connection', 'close')
  if (outcome instanceof Reply) writeReply(context, outcome, headers, done)
  else writeProblem(context, outcome, headers, done)
}

/** What access logs of other servers show for a client that left before its answer; never sent. */
const clientClosedRequest = 499

function writeProblem(context: RequestContext, problem: Problem, headers: string[], done: Done): void {
  if (problem.headers !== undefined)
    for (const name of Object.keys(problem.headers)) headers.push(name, problem.headers[name] as string)
  const text = JSON.stringify(problemDocument(problem, context.path, context.requestId))
  // What a middleware announced for a body that is not sent now must not describe the problem.
  context.res.removeHeader('content-encoding')
  headers.push('cache-control', 'no-store')
  end(context, problem.status, headers, problemJson, text, done)
}

function writeReply(context: RequestContext, reply: Reply, headers: string[], done: Done): void {
  let contentType: string | undefined
  if (reply.headers !== undefined) {
    for (const name of Object.keys(reply.headers)) {
      const value = reply.headers[name] as string | string[]
      if (name === 'content-type') contentType = String(value)
      else if (typeof value === 'string') headers.push(name, value)
      else for (const item of value) headers.push(name, item)
    }
  }
  const { body, status } = reply
  if (body === undefined || status === 204 || status === 304) {
    if (body instanceof Readable) body.destroy()
    return endEmpty(context.res, status, headers, contentType, () => done(context, status))
  }
  if (body instanceof Readable) return stream(context, status, headers, contentType ?? 'application/octet-stream', body, done)
  if (typeof body === 'string') return end(context, status, headers, contentType ?? 'text/plain; charset=utf-8', body, done)
  if (body instanceof Uint8Array) return end(context, status, headers, contentType ?? 'application/octet-stream', body, done)
  end(context, status, headers, contentType ?? json, JSON.stringify(body) ?? 'null', done)
}

function end(
  context: RequestContext,
  status: number,
  headers: string[],
  contentType: string,
  body: string | Uint8Array,
  done: Done,
): void {
  const { res } = context
  headers.push(
    'content-type',
    contentType,
    'content-length',
    String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength),
  )
  writeHead(res, status, headers)
  res.end(body)
  done(context, status)
}

function endEmpty(
  res: ServerResponse,
  status: number,
  headers: string[],
  contentType: string | undefined,
  done: () => void,
): void {
  if (contentType !== undefined) headers.push('content-type', contentType)
  // RFC 9110 section 8.6: no Content-Length on 204, and 304 describes a body that is not sent.
  if (status !== 204 && status !== 304) headers.push('content-length', '0')
  writeHead(res, status, headers)
  res.end()
  done()
}

function stream(
  context: RequestContext,
  status: number,
  headers: string[],
  contentType: string,
  body: Readable,
  done: Done,
): void {
  const { res } = context
  headers.push('content-type', contentType)
  // The listener comes first: a stream that fails before it is piped would end the process.
  body.once('error', () => res.destroy())
  res.once('close', () => {
    body.destroy()
    done(context, status)
  })
  writeHead(res, status, headers)
  if (context.req.method === 'HEAD') {
    res.end()
    return
  }
  res.flushHeaders()
  body.pipe(res)
}

/**
 * A flat list goes out without a look-up per header. Where a Koa middleware has set headers on the response itself, those
 * are merged by name, and what the pipeline decided wins, except for repeated ones (`Vary`, `Set-Cookie`), which add up.
 */
function writeHead(res: ServerResponse, status: number, headers: string[]): void {
  if (res.getHeaderNames().length === 0) {
    res.writeHead(status, headers)
    return
  }
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    if (name === 'vary' || name === 'set-cookie') res.appendHeader(name, value)
    else res.setHeader(name, value)
  }
  res.writeHead(status)
}
