import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type busboy from 'busboy'
import type { RequestContext } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import { onDemand } from '../on-demand.ts'
import { lazy } from './lazy.ts'
import { type BodyLimits, type Coding, codingOf, continueBody, tooLarge, tooSlow } from './read-bytes.ts'
import { UploadedFile } from './uploaded-file.ts'

/** One part of a multipart body, in the order of the body. */
export type Part =
  | { readonly name: string; readonly text: string; readonly mediaType: string }
  | { readonly name: string; readonly file: UploadedFile }

/** What parts are, where their having a file name does not tell. */
export interface PartKinds {
  /** True when a part that has a file name is nevertheless text of the form (JSON that a browser sent as a blob). */
  isText(name: string, mediaType: string): boolean
  /** True when a part is a file though it has no file name: a handler that is promised files must not get text. */
  isFile(name: string): boolean
}

const decompressors = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** Reads a `multipart/form-data` body (RFC 7578): texts into memory, files to a directory that goes when the response ends. */
export async function readMultipart(context: RequestContext, limits: BodyLimits, kinds: PartKinds): Promise<Part[] | Problem> {
  const { req, res } = context
  const coding = codingOf(req)
  if (coding instanceof Problem) return coding
  if (Number(req.headers['content-length']) > limits.size) return tooLarge(limits.size)
  const reader = openReader(context, limits, kinds)
  if (reader instanceof Problem) return reader
  continueBody(req, res)
  const entry = meter(limits.size)
  const stages = coding === undefined ? [entry] : [entry, decompressors[coding](), meter(limits.size)]
  const timer = setTimeout(() => entry.destroy(new Refusal(tooSlow(limits.time))), limits.time)
  try {
    feed(req, entry, brokenBody(coding))
    await pipeline([...stages, reader.parser])
    return await reader.parts()
  } catch (error) {
    if (error instanceof Refusal) return error.problem
    // What the disk refuses is our fault, not the caller's.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
    return brokenBody(coding)
  } finally {
    clearTimeout(timer)
  }
}

/** Lets the request flow into a stream; not part of a `pipeline`, which would cut the connection that the refusal must go out on. */
function feed(request: IncomingMessage, entry: Transform, broken: Problem): void {
  request.pipe(entry)
  request.on('error', () => entry.destroy(new Refusal(broken)))
  request.once('close', () => {
    if (!request.complete) entry.destroy(new Refusal(broken))
  })
  entry.once('error', () => {
    request.unpipe(entry)
    request.resume()
  })
}

/** Carries a refusal out of a stream pipeline, which knows errors only. */
class Refusal extends Error {
  readonly problem: Problem

  constructor(refused: Problem) {
    super(refused.title)
    this.problem = refused
  }
}

function brokenBody(coding: Coding | undefined): Problem {
  const data = coding === undefined ? 'multipart/form-data' : `multipart/form-data in ${coding}`
  return problem('malformed_request', { detail: `The body is not valid ${data}.` })
}

function meter(limit: number): Transform {
  let size = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      size += chunk.length
      if (size > limit) done(new Refusal(tooLarge(limit)))
      else done(null, chunk)
    },
  })
}

const createParser = onDemand<typeof busboy>('busboy')

interface Reader {
  readonly parser: busboy.Busboy
  parts(): Promise<Part[]>
}

function openReader({ req, res }: RequestContext, limits: BodyLimits, kinds: PartKinds): Reader | Problem {
  let parser: busboy.Busboy
  try {
    parser = createParser()({
      headers: req.headers,
      defParamCharset: 'utf8',
      limits: { parts: limits.parts, fieldSize: limits.size, fileSize: limits.size },
    })
  } catch {
    return problem('malformed_request', { detail: 'The Content-Type field of a multipart body needs a boundary.' })
  }
  const parts: (Part | Promise<Part>)[] = []
  const directory = lazy(() => temporaryDirectory(res))

  function add(part: Promise<Part>): void {
    // The parser would wait for ever for a part that nobody reads on.
    part.catch((error: Error) => parser.destroy(error))
    parts.push(part)
  }

  // What busboy's types do not say: a part may have no name.
  function refuseNameless(name: string | undefined): boolean {
    if (name !== undefined) return false
    parser.destroy(
      new Refusal(problem('malformed_request', { detail: 'A part of the body has no name (RFC 7578 section 4.2).' })),
    )
    return true
  }

  // Without a filename busboy takes a part for text, and has put this character where bytes are none.
  function refuseDamaged(name: string): void {
    const detail = `The part '${name}' is a file whose bytes are no text: it needs a filename (RFC 7578 section 4.2).`
    parser.destroy(new Refusal(problem('malformed_request', { detail })))
  }

  parser.on('field', (name, text, { mimeType }) => {
    if (refuseNameless(name)) return
    if (kinds.isFile(name) && text.includes('\ufffd')) refuseDamaged(name)
    else if (kinds.isFile(name)) add(storeFile(name, Readable.from([Buffer.from(text)]), { mimeType }, directory()))
    else parts.push({ name, text, mediaType: mimeType })
  })
  parser.on('file', (name, stream, info) => {
    // Nobody else listens until the directory is there, and a body that breaks off before would end the process.
    stream.on('error', () => {})
    if (refuseNameless(name)) return
    add(kinds.isText(name, info.mimeType) ? readText(name, stream, info.mimeType) : storeFile(name, stream, info, directory()))
  })
  parser.on('partsLimit', () => {
    const detail = `The body may have at most ${limits.parts} parts.`
    parser.destroy(new Refusal(problem('payload_too_large', { detail })))
  })
  return { parser, parts: () => Promise.all(parts) }
}

async function readText(name: string, stream: Readable, mediaType: string): Promise<Part> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return { name, text: Buffer.concat(chunks).toString('utf8'), mediaType }
}

type FileFacts = { readonly filename?: string | undefined; readonly mimeType: string }

async function storeFile(name: string, stream: Readable, info: FileFacts, directory: Promise<string>): Promise<Part> {
  const path = join(await directory, randomUUID())
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
  })
  await pipeline(stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  return { name, file: new UploadedFile(info.filename || undefined, info.mimeType, size, path) }
}

async function temporaryDirectory(response: RequestContext['res']): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatefold-'))
  const remove = () => void rm(directory, { recursive: true, force: true }).catch(() => {})
  if (response.closed) remove()
  else response.once('close', remove)
  return directory
}
