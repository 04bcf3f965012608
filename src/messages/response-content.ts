import { Readable } from 'node:stream'
import type { Reply } from '../context.ts'
import type { ValidationError } from '../errors.ts'
import type { MediaType, Operation, ResponseDefinition } from '../model/operation.ts'
import type { Validator } from '../schemas/compiler.ts'
import { isJson, type MediaRange, parseMediaType } from './media-type.ts'
import type { MessageTools } from './parameter.ts'

/** One declared media type of a response. */
export interface ResponseMedia {
  readonly media: MediaRange
  /** What goes out as `content-type`; undefined for ranges, whose type the reply must say. */
  readonly contentType: string | undefined
  readonly json: boolean
  readonly validate: Validator | undefined
  /** True when the schema can say something about text. */
  readonly validatesText: boolean
}

export function compileResponseContent(response: ResponseDefinition, operation: Operation, tools: MessageTools): ResponseMedia[] {
  return response.content.flatMap((content) => {
    const media = parseMediaType(content.range)
    return media === undefined ? [] : [compileResponseMedia(content, media, operation, tools)]
  })
}

function compileResponseMedia(content: MediaType, media: MediaRange, operation: Operation, tools: MessageTools): ResponseMedia {
  const range = media.subtype.startsWith('*')
  const text = media.type === 'text' && !media.parameters.has('charset')
  return {
    media,
    contentType: range ? undefined : isJson(media) || text ? withCharset(content.range) : content.range,
    json: isJson(media) || (range && media.subtype === '*+json'),
    validate: content.schema && tools.schemas.validator(content.schema, operation.dialect, 'response'),
    validatesText: media.type === 'text',
  }
}

/** Our text is UTF-8, and says so where the document says nothing. */
function withCharset(range: string): string {
  return /;\s*charset=/i.test(range) ? range : `${range}; charset=utf-8`
}

/** JSON that came as bytes from elsewhere: its value is checked, its bytes go out as they came. */
export class ReceivedJson {
  readonly bytes: Uint8Array
  readonly value: unknown

  constructor(bytes: Uint8Array, value: unknown) {
    this.bytes = bytes
    this.value = value
  }
}

/** Bodies that are bytes already are sent as they are. */
export function isBytes(body: unknown): body is Uint8Array | Readable {
  return body instanceof Uint8Array || body instanceof Readable
}

/**
 * Writes a reply's body as its media type asks and sets `content-type`. Gives back what the schema says against it.
 * Throws what `JSON.stringify` throws: a value that is not JSON is a fault of the operation's own code.
 */
export function writeContent(
  reply: Reply,
  content: ResponseMedia | undefined,
  validating: boolean,
): ValidationError[] | undefined {
  const { body } = reply
  if (body instanceof ReceivedJson) {
    reply.body = body.bytes
    return validating && content?.json === true ? inResponse(content.validate?.(body.value)) : undefined
  }
  if (body === undefined || isBytes(body)) {
    if (body !== undefined && content?.contentType !== undefined) setContentType(reply, content.contentType)
    return undefined
  }
  const own = reply.headers?.['content-type']
  const json = own === undefined ? (content?.json ?? typeof body !== 'string') : isJson(String(own))
  if (!json && typeof body === 'string') {
    setContentType(reply, content?.contentType ?? 'text/plain; charset=utf-8')
    return validating && content?.validatesText === true ? inResponse(content.validate?.(body)) : undefined
  }
  const text = JSON.stringify(body) as string | undefined
  reply.body = text ?? 'null'
  setContentType(reply, (content?.json === true ? content.contentType : undefined) ?? 'application/json; charset=utf-8')
  return validating && content?.json === true ? validateJson(body, reply.body as string, content.validate) : undefined
}

function validateJson(body: unknown, text: string, validate: Validator | undefined): ValidationError[] | undefined {
  if (validate === undefined || validate(body) === undefined) return undefined
  // What counts is what goes out: dates and other values with `toJSON` are seen as the client will see them.
  return inResponse(validate(JSON.parse(text)))
}

function setContentType(reply: Reply, contentType: string): void {
  reply.headers ??= {}
  reply.headers['content-type'] ??= contentType
}

function inResponse(found: ReturnType<Validator>): ValidationError[] | undefined {
  return found?.map(({ pointer, message }) => ({ place: 'response', pointer, message }))
}
