import type { RequestContext } from '../context.ts'
import { Problem, problem, type ValidationError } from '../errors.ts'
import type { MediaType } from '../model/operation.ts'
import type { SchemaError, Validator } from '../schemas/compiler.ts'
import type { BodyResult, ReadBody } from './body.ts'
import { compileForm } from './form.ts'
import { parseJson, repeatsNames } from './json.ts'
import { compileMultipart, filePointers, placeFiles } from './multipart.ts'
import type { MessageTools } from './parameter.ts'
import { isDecodable } from './percent.ts'
import type { BodyLimits } from './read-bytes.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Turns a body's text into the context's `body`; gives back a refusal, or what the schema says against it. */
export type TextContent = (text: string, context: RequestContext) => BodyResult

const ambiguous = problem('malformed_request', { detail: 'The body gives a name twice in one JSON object.' })

/**
 * JSON. `unambiguous`: refuses names that stand twice in one object (RFC 8259 section 4), of which another parser may take the one that
 * was not checked.
 */
export function jsonContent(validate: Validator | undefined, unambiguous: boolean): TextContent {
  return function acceptJson(text, context) {
    const parsed = parseJson(text)
    if (parsed instanceof Problem) return parsed
    if (unambiguous && repeatsNames(text, parsed.value)) return ambiguous
    context.body = parsed.value
    return inBody(validate?.(parsed.value))
  }
}

export function formContent(media: MediaType, validate: Validator | undefined, tools: MessageTools): TextContent {
  const decode = compileForm(media, tools)
  const malformed = problem('malformed_request', { detail: 'The form has percent-encoding that is not valid.' })
  return function acceptForm(text, context) {
    if (!isDecodable(text)) return malformed
    context.body = decode(text)
    const found = validate?.(context.body)
    if (found === undefined) return undefined
    const second = decode(text, true)
    if (validate?.(second) !== undefined) return inBody(found)
    context.body = second
    return undefined
  }
}

/** Text is checked where the schema speaks of text; a schema of objects (XML, YAML) describes what the handler will parse. */
export function plainContent(media: MediaType, validate: Validator | undefined, tools: MessageTools): TextContent {
  const textual = shapeOf(media.schema, tools.schemas).scalars.includes('string')
  return function acceptText(text, context) {
    context.body = text
    return textual ? inBody(validate?.(text)) : undefined
  }
}

export function multipartContent(
  media: MediaType,
  validate: Validator | undefined,
  tools: MessageTools,
  limits: BodyLimits,
): ReadBody {
  const shape = shapeOf(media.schema, tools.schemas)
  const decode = compileMultipart(media, tools, limits)
  return async function readParts(context) {
    const form = await decode(context)
    if (form instanceof Problem) return form
    const found = validate?.(form.value)
    const pointers = filePointers(form, shape)
    const counted = found?.filter((error) => !pointers.has(error.pointer))
    // The validator fills defaults into what it finds valid, which a file's empty text may not have been.
    if (counted?.length === 0) fillDefaults(form.value, shape)
    context.body = placeFiles(form)
    return inBody(counted)
  }
}

function fillDefaults(value: Record<string, unknown>, shape: Shape): void {
  for (const name of shape.names) {
    const { fallback } = shape.property(name)
    if (value[name] === undefined && fallback !== undefined) value[name] = fallback()
  }
}

function inBody(found: readonly SchemaError[] | undefined): ValidationError[] | undefined {
  if (found === undefined || found.length === 0) return undefined
  return found.map(({ pointer, message }) => ({ place: 'body', pointer, message }))
}
