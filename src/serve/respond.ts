import { ReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FaultHandler } from '../compile/pipeline.ts'
import { discard, type Outcome, Reply, type RequestContext } from '../context.ts'
import { type Problem, problem } from '../errors.ts'
import { isRepeated, isSet, takeHeaders } from './held-headers.ts'
import { problemDocument, problemJson } from './problem-document.ts'

const json = 'application/json; charset=utf-8'

/** Called once when an answer has been handed over, with the status that went out. */
export type Done = (context: RequestContext, status: number) => void

/** How answers end: who counts them, who takes note of what could not be sent, and how long one may wait for its client. */
export interface Endings {
  readonly done: Done
  readonly fault: FaultHandler
  /** Milliseconds in which a client takes nothing of what waits for it. */
  readonly sendTimeout: number
}

/**
 * Writes an outcome. A client that has left, a stream that fails, or an answer that HTTP does not allow ends this response
 * and nothing else.
 */
export function respond(context: RequestContext, outcome: Outcome, closing: boolean, endings: Endings): void {
  const { res } = context
  if (outcome instanceof Reply && isOpening(outcome.body))
    return whenOpen(outcome.body, () => respond(context, outcome, closing, endings))
  if (res.headersSent || res.destroyed) {
    if (outcome instanceof Reply) discard(outcome.body)
    return endings.done(context, res.headersSent ? res.statusCode : clientClosedRequest)
  }
  const headers = context.responseHeaders
  headers.push('x-request-id', context.requestId)
  if (closing) headers.push('connection', 'close')
  const common = headers.length
  try {
    if (outcome instanceof Reply) writeReply(context, outcome, headers, endings)
    else writeProblem(context, outcome, headers, endings)
  } catch (error) {
    if (outcome instanceof Reply) discard(outcome.body)
    headers.length = common
    endings.fault(error, context)
    writeProblem(context, problem('internal_error'), headers, endings)
  }
}

/** Whether nobody knows yet if there is such a file. */
function isOpening(body: unknown): body is ReadStream {
  return body instanceof ReadStream && body.pending && !body.destroyed
}

function whenOpen(file: ReadStream, settled: () => void): void {
  function settle(): void {
    file.off('open', settle).off('close', settle)
    settled()
  }
  file.once('open', settle).once('close', settle)
}

/** What access logs of other servers show for a client that left before its answer; never sent. */
const clientClosedRequest = 499

function writeProblem(context: RequestContext, problem: Problem, headers: string[], endings: Endings): void {
  if (problem.headers !== undefined)
    for (const name of Object.keys(problem.headers)) headers.push(name, problem.headers[name] as string)
  const text = JSON.stringify(problemDocument(problem, context.path, context.requestId))
  // What a middleware announced for a body that is not sent now must not describe the problem.
  context.res.removeHeader('content-encoding')
  headers.push('cache-control', 'no-store')
  end(context, problem.status, headers, problemJson, text, endings)
}

/** RFC 9110 sections 15.3.5, 15.3.6, 15.4.5. */
const contentless = new Set([204, 205, 304])

/** Headers that the gateway decides, whatever a reply says. */
const ours = new Set(['transfer-encoding', 'x-request-id'])

function writeReply(context: RequestContext, reply: Reply, headers: string[], endings: Endings): void {
  const { body, status } = reply
  const streamed = body instanceof Readable
  let contentType: string | undefined
  if (reply.headers !== undefined) {
    for (const name of Object.keys(reply.headers)) {
      const value = reply.headers[name] as string | string[]
      if (name === 'content-type') contentType = String(value)
      // Only a stream's length cannot be known where it is written.
      else if (ours.has(name) || (name === 'content-length' && !streamed)) continue
      else if (typeof value === 'string') headers.push(name, value)
      else for (const item of value) headers.push(name, item)
    }
  }
  if (body === undefined || contentless.has(status)) {
    discard(body)
    return endEmpty(context.res, status, headers, contentType, () => endings.done(context, status))
  }
  if (streamed) return stream(context, status, headers, contentType ?? 'application/octet-stream', body, endings)
  if (typeof body === 'string') return end(context, status, headers, contentType ?? 'text/plain; charset=utf-8', body, endings)
  if (body instanceof Uint8Array) return end(context, status, headers, contentType ?? 'application/octet-stream', body, endings)
  end(context, status, headers, contentType ?? json, JSON.stringify(body) ?? 'null', endings)
}

function end(
  context: RequestContext,
  status: number,
  headers: string[],
  contentType: string,
  body: string | Uint8Array,
  { done, sendTimeout }: Endings,
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
  // The system has taken most answers at once.
  if (res.writableLength > 0) cutWhenStalled(res, sendTimeout)
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
  { done, fault, sendTimeout }: Endings,
): void {
  const { res } = context
  if (body.destroyed) throw body.errored ?? new Error('the stream of a reply has ended before it was sent')
  headers.push('content-type', contentType)
  writeHead(res, status, headers)
  body.on('error', (error) => fault(error, context))
  // A stream may close without an end or an error; what has been sent must not look complete then.
  body.once('close', () => {
    if (!body.readableEnded) res.destroy()
  })
  res.once('close', () => {
    body.destroy()
    done(context, status)
  })
  if (context.req.method === 'HEAD') {
    res.end()
    return
  }
  res.flushHeaders()
  cutWhenStalled(res, sendTimeout)
  body.pipe(res)
}

/** Ends a connection on which nothing moves although something waits to be sent: it would hold the answer for as long as the client likes. */
function cutWhenStalled(res: ServerResponse, sendTimeout: number): void {
  res.setTimeout(sendTimeout, () => {
    if (res.writableLength > 0) res.destroy()
  })
}

/**
 * A flat list goes out without a look-up per header. What a Koa middleware has set on the response itself joins it; what the pipeline decided
 * wins, except for repeated ones (`Vary`, `Set-Cookie`), which add up.
 */
function writeHead(res: ServerResponse, status: number, headers: string[]): void {
  const held = takeHeaders(res)
  for (const name in held) {
    if (!isRepeated(name) && isSet(headers, name)) continue
    const value = held[name] as number | string | string[]
    if (Array.isArray(value)) for (const item of value) headers.push(name, item)
    else headers.push(name, String(value))
  }
  // A reason phrase that belongs to another status.
  if (res.statusCode !== status) res.statusMessage = ''
  res.writeHead(status, headers)
}
