import type { RequestContext } from '../context.ts'
import { Problem, problem, type ValidationError } from '../errors.ts'
import type { MediaType, Operation } from '../model/operation.ts'
import type { SchemaError, Validator } from '../schemas/compiler.ts'
import { charsetDecoder } from './charset.ts'
import { compileForm } from './form.ts'
import { parseJson } from './json.ts'
import { isJson, isText, type MediaRange, parseMediaType } from './media-type.ts'
import { compileMultipart, filePointers, placeFiles } from './multipart.ts'
import { closest, memoize } from './negotiation.ts'
import type { MessageTools } from './parameter.ts'
import { isDecodable } from './percent.ts'
import { hasBody, readBody } from './read-body.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Reads, decodes and validates the body into the context; a refusal, or everything that is wrong with it. */
export type DecodeBody = (context: RequestContext) => BodyResult | Promise<BodyResult>
export type BodyResult = ValidationError[] | Problem | undefined

export interface BodyLimits {
  /** Bytes of a body, as sent and as decoded. */
  readonly size: number
  /** Parts of a multipart body. */
  readonly parts: number
}

/** How one declared media type is read, for one concrete `Content-Type`. */
type ReadAs = (context: RequestContext) => Promise<BodyResult> | BodyResult

/**
 * Compiles an operation's request body. Undefined when the operation declares none: a body that is sent all the same stays unread
 * and is dropped with the request.
 */
export function compileBody(operation: Operation, tools: MessageTools, limits: BodyLimits): DecodeBody | undefined {
  const { body } = operation
  if (body === undefined) return undefined
  const declared = body.content.flatMap((media) => {
    const range = parseMediaType(media.range)
    return range === undefined ? [] : [{ media: range, compile: compileMedia(media, operation, tools, limits) }]
  })
  const accepted = body.content.map((media) => media.range).join(', ')
  const missing: ValidationError[] = [{ place: 'body', pointer: '', message: 'is required' }]

  const readerFor = memoize((contentType: string): { essence: string; read: ReadAs } | Problem => {
    const media = parseMediaType(contentType)
    if (media === undefined) return problem('malformed_request', { detail: 'The Content-Type field is not a media type.' })
    const read = closest(media, declared)?.compile(media) ?? (declared.length === 0 ? compileBytes(limits.size) : undefined)
    return read === undefined ? unsupported(operation, accepted) : { essence: media.essence, read }
  })

  return function decodeBody(context) {
    const { req } = context
    if (!hasBody(req)) return body.required ? missing : undefined
    const contentType = req.headers['content-type']
    if (contentType === undefined) {
      return problem('malformed_request', {
        detail: `A body needs a Content-Type field: ${accepted}.`,
        headers: { connection: 'close' },
      })
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
    headers: { [hint]: accepted, connection: 'close' },
  })
}

/** How a declared media type is read when it is sent as `actual`; undefined for a charset that nobody knows. */
type CompileMedia = (actual: MediaRange) => ReadAs | undefined

function compileMedia(media: MediaType, operation: Operation, tools: MessageTools, limits: BodyLimits): CompileMedia {
  const required = operation.body?.required === true
  const shape = shapeOf(media.schema, tools.documents)
  const validate = media.schema && tools.schemas.validator(media.schema, operation.dialect, 'request')
  let form: ReturnType<typeof compileForm> | undefined

  return function readerOf(actual) {
    if (actual.essence === 'multipart/form-data') return multipartReader(media, shape, validate, tools, limits)
    const decode = charsetDecoder(actual.parameters.get('charset'))
    const charset = actual.parameters.get('charset') ?? 'utf-8'
    if (isJson(actual))
      return decode && textReader(limits.size, decode, charset, required, (text, context) => acceptJson(text, context, validate))
    if (actual.essence === 'application/x-www-form-urlencoded') {
      form ??= compileForm(media, tools)
      const read = form
      return (
        decode && textReader(limits.size, decode, charset, required, (text, context) => acceptForm(text, context, read, validate))
      )
    }
    if (isText(actual))
      return (
        decode &&
        textReader(limits.size, decode, charset, required, (text, context) => acceptText(text, context, shape, validate))
      )
    return compileBytes(limits.size)
  }
}

function textReader(
  limit: number,
  decode: NonNullable<ReturnType<typeof charsetDecoder>>,
  charset: string,
  required: boolean,
  accept: (text: string, context: RequestContext) => BodyResult,
): ReadAs {
  return function readText(context) {
    const bytes = readBody(context.req, context.res, limit)
    return bytes instanceof Problem ? bytes : bytes.then(finish)

    function finish(read: Buffer | Problem): BodyResult {
      if (read instanceof Problem) return read
      if (read.length === 0 && !required) return undefined
      const text = decode(read)
      return text === undefined
        ? problem('malformed_request', { detail: `The body is not valid ${charset} text.` })
        : accept(text, context)
    }
  }
}

function acceptJson(text: string, context: RequestContext, validate: Validator | undefined): BodyResult {
  const parsed = parseJson(text)
  if (parsed instanceof Problem) return parsed
  context.body = parsed.value
  return inBody(validate?.(parsed.value))
}

function acceptForm(
  text: string,
  context: RequestContext,
  read: ReturnType<typeof compileForm>,
  validate: Validator | undefined,
): BodyResult {
  if (!isDecodable(text)) return problem('malformed_request', { detail: 'The form has percent-encoding that is not valid.' })
  context.body = read(text)
  const found = validate?.(context.body)
  if (found === undefined) return undefined
  const second = read(text, true)
  if (validate?.(second) !== undefined) return inBody(found)
  context.body = second
  return undefined
}

/** Text is validated where the schema speaks of text; a schema of objects (XML, YAML) describes what the handler will parse. */
function acceptText(text: string, context: RequestContext, shape: Shape, validate: Validator | undefined): BodyResult {
  context.body = text
  return shape.scalars.includes('string') ? inBody(validate?.(text)) : undefined
}

function compileBytes(limit: number): ReadAs {
  return function readBytes(context) {
    const bytes = readBody(context.req, context.res, limit)
    return bytes instanceof Problem ? bytes : bytes.then((read) => keep(read, context))
  }
}

function keep(bytes: Buffer | Problem, context: RequestContext): BodyResult {
  if (bytes instanceof Problem) return bytes
  context.body = bytes
  return undefined
}

function multipartReader(
  media: MediaType,
  shape: Shape,
  validate: Validator | undefined,
  tools: MessageTools,
  limits: BodyLimits,
): ReadAs {
  const decode = compileMultipart(media, tools, limits)
  return async function readForm(context) {
    const form = await decode(context)
    if (form instanceof Problem) return form
    const found = validate?.(form.value)
    const pointers = filePointers(form, shape)
    context.body = placeFiles(form)
    return inBody(found?.filter((error) => !pointers.has(error.pointer)))
  }
}

function inBody(found: readonly SchemaError[] | undefined): ValidationError[] | undefined {
  if (found === undefined || found.length === 0) return undefined
  return found.map(({ pointer, message }) => ({ place: 'body', pointer, message }))
}
