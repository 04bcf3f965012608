import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type Outcome, Reply, type RequestContext } from '../context.ts'
import { Problem } from '../errors.ts'
import { decodeUtf8 } from '../messages/charset.ts'
import { parseJson } from '../messages/json.ts'
import { isJson, parseMediaType } from '../messages/media-type.ts'
import { ReceivedJson } from '../messages/response-content.ts'
import type { Fields } from './response-headers.ts'

/** How answers of an upstream are passed on. */
export interface AnswerOptions {
  readonly headersOf: (context: RequestContext, sent: Dispatcher.ResponseData['headers']) => Fields
  /** Whether JSON is read and checked, and what becomes of what cannot be. */
  readonly check: 'off' | 'report' | 'enforce'
  /** Bytes of the largest answer that is passed on; Infinity for any. */
  readonly limit: number
  /** Called for an answer that is not usable; gives what the caller gets. */
  readonly refuse: (context: RequestContext, reason: string) => Outcome
  /** Called for JSON that goes out without having been checked. */
  readonly unchecked: (context: RequestContext, reason: string) => void
}

export type PassOn = (context: RequestContext, response: Dispatcher.ResponseData) => Outcome | Promise<Outcome>

/** The most bytes of JSON that are checked where no limit says otherwise. */
const mostChecked = 1024 ** 2
/** Answers up to so many bytes go out in one piece. */
const small = 64 * 1024

/** RFC 9110 sections 15.3.5, 15.3.6, 15.4.5. */
const contentless = new Set([204, 205, 304])

/** Compiles how an answer becomes a reply: small ones and JSON that is checked in one piece, all others as they come. */
export function compileAnswer(options: AnswerOptions): PassOn {
  const { headersOf, check, limit, refuse, unchecked } = options
  const most = Number.isFinite(limit) ? limit : mostChecked

  return async function passOn(context, response) {
    const { statusCode: status, body } = response
    const headers = headersOf(context, response.headers)
    if (contentless.has(status) || context.req.method === 'HEAD') {
      await body.dump()
      return new Reply(status, context.req.method === 'HEAD' ? Readable.from([]) : undefined, headers)
    }
    const length = Number(response.headers['content-length'] ?? Number.NaN)
    if (length > limit) return abandon(response, refuse(context, `its answer has ${length} bytes`))
    const json = check !== 'off' && isJsonType(headers['content-type'])
    if (json && headers['content-encoding'] === undefined) return passJson(context, response, headers)
    if (json) {
      const coding = `its JSON comes in the coding ${headers['content-encoding']}, which was not asked for`
      if (check === 'enforce') return abandon(response, refuse(context, coding))
      unchecked(context, coding)
    }
    if (length <= small) {
      const bytes = Buffer.from(await body.arrayBuffer())
      return new Reply(status, bytes.length === 0 && headers['content-type'] === undefined ? undefined : bytes, headers)
    }
    return new Reply(status, metered(body, limit, []), headers)
  }

  async function passJson(context: RequestContext, { statusCode, body }: Dispatcher.ResponseData, headers: Fields) {
    const chunks: Buffer[] = []
    let size = 0
    const reader = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const chunk of reader) {
      chunks.push(chunk)
      size += chunk.length
      if (size > most) break
    }
    if (size > most) return passLarge(context, statusCode, body, headers, chunks)
    const bytes = Buffer.concat(chunks, size)
    const text = decodeUtf8(bytes)
    const parsed = text === undefined ? undefined : parseJson(text)
    if (parsed !== undefined && !(parsed instanceof Problem))
      return new Reply(statusCode, new ReceivedJson(bytes, parsed.value), headers)
    const reason = 'its answer is not the JSON that it says'
    if (check === 'enforce') return refuse(context, reason)
    unchecked(context, reason)
    return new Reply(statusCode, bytes, headers)
  }

  function passLarge(context: RequestContext, status: number, body: Readable, headers: Fields, chunks: Buffer[]): Outcome {
    const reason = `its answer has more than ${most} bytes`
    if (check === 'enforce' || most === limit) {
      body.on('error', () => {}).destroy()
      return refuse(context, reason)
    }
    unchecked(context, reason)
    return new Reply(status, metered(body, limit, chunks), headers)
  }
}

function isJsonType(contentType: string | string[] | undefined): boolean {
  const media = contentType === undefined ? undefined : parseMediaType(String(contentType))
  return media !== undefined && isJson(media)
}

function abandon({ body }: Dispatcher.ResponseData, outcome: Outcome): Outcome {
  body.on('error', () => {}).destroy()
  return outcome
}

/**
 * The rest of a body behind what was read of it. What breaks off or is too large breaks off for the caller too; a caller that leaves ends
 * the upstream's part without a fault.
 */
function metered(body: Readable, limit: number, begun: readonly Buffer[]): Readable {
  let size = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      size += chunk.length
      if (size > limit) done(new Error(`the answer of the upstream has more than ${limit} bytes (maxResponse)`))
      else done(null, chunk)
    },
  })
  for (const chunk of begun) meter.write(chunk)
  pipeline(body, meter, () => {})
  return meter
}
