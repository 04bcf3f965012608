import { isPromise } from '../compile/pipeline.ts'
import type { RequestContext } from '../context.ts'
import { Problem, problem, type ValidationError } from '../errors.ts'
import type { MediaType, Operation } from '../model/operation.ts'
import { formContent, jsonContent, multipartContent, plainContent, type TextContent } from './body-content.ts'
import { charsetDecoder, type Decoder } from './charset.ts'
import { lazy } from './lazy.ts'
import { isJson, isText, type MediaRange, parseMediaType } from './media-type.ts'
import { closest, memoize } from './negotiation.ts'
import type { MessageTools } from './parameter.ts'
import { type BodyLimits, hasBody, readBytes } from './read-bytes.ts'

/** Reads, decodes and validates a body into the context; a refusal, or everything that is wrong with it. */
export type ReadBody = (context: RequestContext) => BodyResult | Promise<BodyResult>
export type BodyResult = ValidationError[] | Problem | undefined

/**
 * Compiles an operation's request body. Undefined when the operation declares none: a body that is sent all the same stays unread
 * and is dropped with the request.
 */
export function compileBody(operation: Operation, tools: MessageTools, limits: BodyLimits): ReadBody | undefined {
  const { body } = operation
  if (body === undefined) return undefined
  const declared = body.content.flatMap((media) => {
    const range = parseMediaType(media.range)
    return range === undefined ? [] : [{ media: range, compile: compileMedia(media, operation, tools, limits) }]
  })
  const accepted = body.content.map((media) => media.range).join(', ')

  const readerFor = memoize((contentType: string): { essence: string; read: ReadBody } | Problem => {
    const media = parseMediaType(contentType)
    if (media === undefined) return problem('malformed_request', { detail: 'The Content-Type field is not a media type.' })
    const read =
      closest(media, declared)?.compile(media) ?? (declared.length === 0 ? bytesReader(limits, body.required) : undefined)
    return read === undefined ? unsupported(operation, accepted) : { essence: media.essence, read }
  })

  return function decodeBody(context) {
    const { req } = context
    if (!hasBody(req)) return absent(body.required)
    const contentType = req.headers['content-type']
    if (contentType === undefined) {
      return problem('malformed_request', { detail: `A body needs a Content-Type field: ${accepted}.` })
    }
    const reader = readerFor(contentType)
    if (reader instanceof Problem) return reader
    context.contentType = reader.essence
    return reader.read(context)
  }
}

function unsupported(operation: Operation, accepted: string): Problem {
  const hint = operation.method === 'POST' ? 'accept-post' : operation.method === 'PATCH' ? 'accept-patch' : 'accept'
  return problem('unsupported_media_type', {
    detail: `The body may be ${accepted}.`,
    headers: { [hint]: accepted },
  })
}

/** How a declared media type is read when it is sent as `actual`; undefined for a charset that nobody knows. */
type CompileMedia = (actual: MediaRange) => ReadBody | undefined

function compileMedia(media: MediaType, operation: Operation, tools: MessageTools, limits: BodyLimits): CompileMedia {
  const validate = media.schema && tools.schemas.validator(media.schema, operation.dialect, 'request')
  const readParts = lazy(() => multipartContent(media, validate, tools, limits))
  const readForm = lazy(() => formContent(media, validate, tools))
  const readPlain = lazy(() => plainContent(media, validate, tools))
  // Another server will read the same bytes: it has to find in them what was checked here.
  const passedOn = operation.target === 'upstream'
  const readJson = jsonContent(validate, passedOn)
  const required = operation.body?.required === true

  function textContent(actual: MediaRange): TextContent | undefined {
    if (isJson(actual)) return readJson
    if (actual.essence === 'application/x-www-form-urlencoded') return readForm()
    return isText(actual) ? readPlain() : undefined
  }

  return function readerOf(actual) {
    if (actual.essence === 'multipart/form-data') return readParts()
    const content = textContent(actual)
    if (content === undefined) return bytesReader(limits, required)
    const charset = actual.parameters.get('charset') ?? 'utf-8'
    const decode = charsetDecoder(charset)
    return decode && textReader({ limits, decode, charset, required, content, passedOn })
  }
}

interface TextReading {
  readonly limits: BodyLimits
  readonly decode: Decoder
  readonly charset: string
  readonly required: boolean
  readonly content: TextContent
  /** Whether the bytes are kept. */
  readonly passedOn: boolean
}

function textReader({ limits, decode, charset, required, content, passedOn }: TextReading): ReadBody {
  const malformed = problem('malformed_request', { detail: `The body is not valid ${charset} text.` })
  return function readText(context) {
    const bytes = readBytes(context.req, context.res, limits)
    return isPromise(bytes) ? bytes.then(finish) : finish(bytes)

    function finish(read: Buffer | Problem): BodyResult {
      if (read instanceof Problem) return read
      if (read.length === 0) return absent(required)
      const text = decode(read)
      if (text === undefined) return malformed
      if (passedOn) context.bodyBytes = read
      return content(text, context)
    }
  }
}

function bytesReader(limits: BodyLimits, required: boolean): ReadBody {
  function keep(read: Buffer | Problem, context: RequestContext): BodyResult {
    if (read instanceof Problem) return read
    if (read.length === 0) return absent(required)
    context.body = read
    return undefined
  }
  return function readWhole(context) {
    const bytes = readBytes(context.req, context.res, limits)
    return isPromise(bytes) ? bytes.then((read) => keep(read, context)) : keep(bytes, context)
  }
}

function absent(required: boolean): ValidationError[] | undefined {
  return required ? [{ place: 'body', pointer: '', message: 'is required' }] : undefined
}
