import { escapePointer } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { ValidationError } from '../errors.ts'
import type { Operation, Parameter } from '../model/operation.ts'
import type { SchemaCompiler, Validator } from '../schemas/compiler.ts'
import { coerce, type TextTree } from './coerce.ts'
import { maxNesting, nestsTooDeep } from './json.ts'
import { isJson } from './media-type.ts'
import { type Shape, shapeOf } from './shape.ts'
import { type Decode, Misfit } from './styles.ts'

export interface MessageTools {
  readonly documents: Documents
  readonly schemas: SchemaCompiler
}

/** What is known of a parameter once its text was read: its value, or that it is absent, or what is wrong with its text. */
export interface CompiledParameter {
  readonly name: string
  readonly shape: Shape
  /** For `content` parameters: turns raw text (once or several times) into a value; undefined for parameters with a style. */
  readonly parse: ((raw: string | readonly string[], decode: Decode) => unknown) | undefined
  /** Puts the parameter's value into the record and gives back the errors so far, with its own. */
  settle(read: unknown, into: Record<string, unknown>, errors: ValidationError[] | undefined): ValidationError[] | undefined
}

/** Compiles what does not depend on the place of a parameter: coercion, default, presence, validation. */
export function compileParameter(
  parameter: Parameter,
  place: ValidationError['place'],
  operation: Operation,
  tools: MessageTools,
  direction: 'request' | 'response' = 'request',
): CompiledParameter {
  const { name, required, content } = parameter
  const schema = content === undefined ? parameter.schema : content.schema
  const shape = shapeOf(schema, tools.schemas)
  const validate: Validator | undefined = schema && tools.schemas.validator(schema, operation.dialect, direction)
  const parse = content === undefined ? undefined : contentParser(content.range, shape)
  const pointer = `/${escapePointer(name)}`
  const { fallback } = shape

  function report(errors: ValidationError[] | undefined, message: string, below = ''): ValidationError[] {
    const list = errors ?? []
    list.push({ place, pointer: pointer + below, message })
    return list
  }

  function settle(read: unknown, into: Record<string, unknown>, errors: ValidationError[] | undefined) {
    if (read === undefined) {
      if (fallback !== undefined) into[name] = fallback()
      else if (required) return report(errors, 'is required')
      return errors
    }
    if (read instanceof Misfit) return report(errors, read.message)
    let value = parse === undefined ? coerce(read as TextTree, shape) : read
    let found = validate?.(value)
    if (found !== undefined && shape.ambiguous && parse === undefined) {
      const second = coerce(read as TextTree, shape, true)
      if (validate?.(second) === undefined) {
        value = second
        found = undefined
      }
    }
    into[name] = value
    if (found !== undefined) for (const error of found) errors = report(errors, error.message, error.pointer)
    return errors
  }

  return { name, shape, parse, settle }
}

/** A parameter described by `content` is one text in that media type: JSON is parsed, anything else stays text. */
function contentParser(range: string, shape: Shape): NonNullable<CompiledParameter['parse']> {
  const read = isJson(range) ? parseJson : (text: string) => text
  return function parse(raw, decode) {
    if (typeof raw === 'string') return read(decode(raw))
    // One JSON text per occurrence is a list where the schema wants one.
    if (!shape.array) return new Misfit(`is given ${raw.length} times, but may be given only once`)
    const values = raw.map((text) => read(decode(text)))
    return values.find((value) => value instanceof Misfit) ?? values
  }
}

function parseJson(text: string): unknown {
  if (nestsTooDeep(text)) return new Misfit(`may be nested at most ${maxNesting} levels deep`)
  try {
    return JSON.parse(text)
  } catch {
    return new Misfit('must be JSON')
  }
}
