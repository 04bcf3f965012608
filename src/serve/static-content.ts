import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context } from 'koa'

/** Bytes that are served again and again: hashed and compressed once, at first use. */
export interface StaticContent {
  readonly type: string
  readonly bytes: Buffer
  /** Hash of the bytes, short enough for a file name. */
  readonly hash: string
  encoded(encoding: Encoding): Promise<Buffer>
}

const encodings = ['br', 'gzip'] as const
type Encoding = (typeof encodings)[number]

const encoders: Record<Encoding, (bytes: Buffer) => Promise<Buffer>> = {
  // Quality 5 compresses megabytes of script in a few hundred milliseconds to nearly what the maximum needs seconds for.
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes) => promisify(gzip)(bytes),
}

export function staticContent(type: string, bytes: Buffer): StaticContent {
  const compressed = new Map<Encoding, Promise<Buffer>>()
  return {
    type,
    bytes,
    hash: createHash('sha256').update(bytes).digest('base64url').slice(0, 16),
    encoded(encoding) {
      const known = compressed.get(encoding)
      if (known !== undefined) return known
      const made = encoders[encoding](bytes)
      compressed.set(encoding, made)
      return made
    },
  }
}

/** For content whose address holds its hash. */
export const immutable = 'public, max-age=31536000, immutable'
/** For content that may change behind its address: a cache keeps it and asks each time. */
export const revalidate = 'no-cache'

/** Answers with the content in the best encoding that the client takes, or 304 when the client has it (RFC 9110 section 13.1.2). */
export async function sendContent(ctx: Context, content: StaticContent, cacheControl: string): Promise<void> {
  // Asked one by one: of two that the client likes the same, its order would choose, and the smaller one is ours to choose.
  const encoding = encodings.find((encoding) => ctx.acceptsEncodings(encoding) === encoding)
  ctx.set('cache-control', cacheControl)
  ctx.set('x-content-type-options', 'nosniff')
  ctx.vary('accept-encoding')
  // A strong validator names one representation, hence one encoding (RFC 9110 section 8.8.3.3).
  ctx.set('etag', `"${content.hash}${encoding === undefined ? '' : `-${encoding}`}"`)
  ctx.status = 200
  if (ctx.fresh) {
    ctx.status = 304
    return
  }
  ctx.type = content.type
  if (encoding !== undefined) ctx.set('content-encoding', encoding)
  ctx.body = encoding === undefined ? content.bytes : await content.encoded(encoding)
}
