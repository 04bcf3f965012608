import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { Problem, problem } from '../errors.ts'

/** The codings that bodies may come in (RFC 9110 section 8.4.1), and how each is undone. */
const decompressors = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
}
export type Coding = keyof typeof decompressors

/** The coding of a request's body; undefined for none, a refusal for one that is not supported. */
export function codingOf(request: IncomingMessage): Coding | undefined | Problem {
  const sent = request.headers['content-encoding']
  if (sent === undefined) return undefined
  const name = sent.trim().toLowerCase()
  if (name === '' || name === 'identity') return undefined
  if (Object.hasOwn(decompressors, name)) return name as Coding
  return problem('unsupported_media_type', {
    detail: 'The content coding is not supported; see the Accept-Encoding field.',
    headers: { 'accept-encoding': 'gzip, deflate, br, zstd' },
  })
}

/** True when the request announces a body (RFC 9112 section 6.3). */
export function hasBody(request: IncomingMessage): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return true
  const length = request.headers['content-length']
  return length !== undefined && length !== '0'
}

export function tooLarge(limit: number): Problem {
  return problem('payload_too_large', { detail: `The body may have at most ${limit} bytes.` })
}

/** What a body may cost. */
export interface BodyLimits {
  /** Bytes, as sent and as decoded. */
  readonly size: number
  /** Milliseconds until all of it must have arrived. */
  readonly time: number
  /** Parts of a multipart body. */
  readonly parts: number
}

export function tooSlow(limit: number): Problem {
  return problem('request_timeout', { detail: `The body did not arrive within ${limit / 1000} s.` })
}

/** A client that waits for it is told to go on (RFC 9110 section 10.1.1), unless its version knows no such answer. */
export function continueBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect?.toLowerCase() === '100-continue' && request.httpVersion !== '1.0') response.writeContinue()
}

/** Reads a whole body within its limits; without a promise when it has arrived already. A body that breaks off is a problem too. */
export function readBytes(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
): Promise<Buffer | Problem> | Buffer | Problem {
  const coding = codingOf(request)
  if (coding instanceof Problem) return coding
  if (Number(request.headers['content-length']) > limits.size) return tooLarge(limits.size)
  if (request.destroyed) return brokenOff()
  if (!request.complete) continueBody(request, response)
  const bytes = request.complete ? takeArrived(request, limits) : collect(request, limits)
  if (coding === undefined || bytes instanceof Problem) return bytes
  return Promise.resolve(bytes).then((read) => (read instanceof Problem ? read : decompress(read, coding, limits.size)))
}

/** What lies in the request's buffer, after all of it has been received. */
function takeArrived(request: IncomingMessage, limits: BodyLimits): Buffer | Problem {
  const bytes: Buffer = request.read() ?? noBytes
  return bytes.length > limits.size ? tooLarge(limits.size) : bytes
}

const noBytes = Buffer.alloc(0)

function brokenOff(): Problem {
  return problem('malformed_request', { detail: 'The body broke off before its end.' })
}

function collect(request: IncomingMessage, limits: BodyLimits): Promise<Buffer | Problem> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => settle(tooSlow(limits.time)), limits.time)

    function onData(chunk: Buffer): void {
      size += chunk.length
      if (size > limits.size) settle(tooLarge(limits.size))
      else chunks.push(chunk)
    }
    function onEnd(): void {
      settle(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size))
    }
    function onBreak(): void {
      settle(brokenOff())
    }
    function settle(outcome: Buffer | Problem): void {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onBreak)
      // The rest of a refused body flows by unread; without the `error` listener a client that leaves would be a fault.
      if (outcome instanceof Problem) request.resume()
      else request.off('error', onBreak)
      resolve(outcome)
    }

    request.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak)
  })
}

async function decompress(bytes: Buffer, coding: Coding, limit: number): Promise<Buffer | Problem> {
  if (bytes.length === 0) return bytes
  try {
    return (await decompressors[coding](bytes, { maxOutputLength: limit })) as Buffer
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(limit)
    return problem('malformed_request', { detail: `The body is not valid ${coding} data.` })
  }
}
