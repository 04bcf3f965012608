import { Transform, type TransformCallback } from 'node:stream'
import type { RequestContext } from '../context.ts'
import type { Problem } from '../errors.ts'
import { continueBody, hasBody, tooLarge } from '../messages/read-bytes.ts'
import type { Operation } from '../model/operation.ts'

/** The body of the request to the upstream. */
export type UpstreamBody = Buffer | BodyMeter | undefined

/** Why a body did not come to its end: the client's doing, which tells nothing of the upstream. */
class BrokenBody extends Error {}

/** Lets a body through up to a number of bytes. */
export class BodyMeter extends Transform {
  readonly #limit: number
  #size = 0
  #sizeBefore = 0
  /** The refusal of a body that was larger. */
  refusal: Problem | undefined = undefined

  constructor(limit: number) {
    super()
    this.#limit = limit
  }

  /** Whether the client has broken it. */
  get isBroken(): boolean {
    return this.errored instanceof BrokenBody
  }

  /** Whether the client is waited for: more is due, and it has sent something since this was asked last, or all that it sent is on its way. */
  waitedForClient(): boolean {
    const before = this.#sizeBefore
    this.#sizeBefore = this.#size
    return !this.writableEnded && (this.#size > before || this.readableLength === 0)
  }

  break(reason: string): void {
    this.destroy(new BrokenBody(reason))
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length
    if (this.#size <= this.#limit) return done(null, chunk)
    this.refusal = tooLarge(this.#limit)
    done(new BrokenBody(this.refusal.title))
  }
}

/** The bytes that were checked. A body that the document does not describe stays behind. */
export function checkedBody(context: RequestContext): UpstreamBody {
  return context.bodyBytes ?? (context.body instanceof Buffer ? context.body : undefined)
}

/** Passes the body on as it comes, which needs that nobody has read it. `limit` in bytes. */
export function streamedBody({ body }: Operation, limit: number): (context: RequestContext) => UpstreamBody | Problem {
  if (body === undefined) return () => undefined
  return function streamBody({ req, res }) {
    if (!hasBody(req)) return undefined
    if (Number(req.headers['content-length']) > limit) return tooLarge(limit)
    continueBody(req, res)
    const meter = new BodyMeter(limit)
    // Not a `pipeline`: an upstream that has seen enough must not cut the connection that its answer goes out on.
    req.pipe(meter)
    req.once('close', () => {
      if (!req.complete) meter.break('the body broke off before its end')
    })
    meter.on('error', () => {})
    // What an upstream has not waited for flows by unread, else the connection could not be used again.
    meter.once('close', () => req.unpipe(meter).resume())
    return meter
  }
}
