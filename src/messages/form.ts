import { isObject, type Located } from '../documents/document.ts'
import type { MediaType } from '../model/operation.ts'
import { coerce, type TextTree } from './coerce.ts'
import { readDeepObject } from './deep-object.ts'
import { type FieldReader, fieldReader } from './fields.ts'
import { nestsTooDeep } from './json.ts'
import { isJson } from './media-type.ts'
import type { MessageTools } from './parameter.ts'
import { decodeForm } from './percent.ts'
import { QueryNames, type QueryTexts, readQuery } from './query.ts'
import { bareRecord } from './record.ts'
import { type Shape, shapeOf } from './shape.ts'
import { addText, Misfit } from './styles.ts'

/** What the document says about one property of a form (OpenAPI 3.1 section 4.8.15). */
export interface Encoding {
  readonly style: string
  readonly explode: boolean
  /** Undefined where the property's text follows its style. */
  readonly contentType: string | undefined
  /** True when the document describes the property at all. */
  readonly declared: boolean
}

export function encodingOf(media: MediaType, name: string, tools: MessageTools): Encoding {
  const node: Located | undefined = media.encoding && tools.documents.get(media.encoding, name)
  const value = node !== undefined && isObject(node.value) ? node.value : {}
  const style = typeof value.style === 'string' ? value.style : 'form'
  const styled = 'style' in value || 'explode' in value || 'allowReserved' in value
  return {
    style,
    explode: typeof value.explode === 'boolean' ? value.explode : style === 'form',
    contentType: !styled && typeof value.contentType === 'string' ? value.contentType : undefined,
    declared: styled || 'contentType' in value,
  }
}

/** Decodes form text into a value that is coerced, not yet validated; `reversed` as in `coerce`. */
export type FormDecoder = (text: string, reversed?: boolean) => unknown

/**
 * The decoder of `application/x-www-form-urlencoded` text that is percent-decodable. Each property is read like a query
 * parameter by its `encoding`; objects without one may come as JSON or as `name[key]=…`.
 */
export function compileForm(media: MediaType, tools: MessageTools): FormDecoder {
  const shape = shapeOf(media.schema, tools.schemas)
  const names = new QueryNames()
  const fields = shape.names.map((name) => {
    const property = shape.property(name)
    const encoding = encodingOf(media, name, tools)
    return {
      name,
      read: asJson(encoding, property) ? jsonField(name, property, names) : textField(name, encoding, property, names),
    }
  })
  names.open = true

  return function decodeFormText(text, reversed) {
    const texts = readQuery(text, names)
    const form = bareRecord()
    for (const { name, read } of fields) {
      const value = read(texts, reversed)
      if (value !== undefined) form[name] = value
    }
    const rest = bareRecord() as { [name: string]: TextTree }
    for (const [name, raw] of texts.rest) addText(rest, name, decodeForm(raw))
    for (const name of Object.keys(rest)) form[name] = coerce(rest[name] as TextTree, shape.property(name), reversed)
    return form
  }
}

type FieldDecoder = (texts: QueryTexts, reversed?: boolean) => unknown

/** Objects are JSON unless a style is declared (OpenAPI 3.1 section 4.8.15, default of `contentType`). */
export function asJson(encoding: Encoding, shape: Shape): boolean {
  if (encoding.declared) return encoding.contentType !== undefined && isJson(encoding.contentType)
  return isStructured(shape) || (isList(shape) && isStructured(shape.item(0)))
}

function isStructured(shape: Shape): boolean {
  return shape.object && !shape.array && shape.scalars.every((type) => type === 'null')
}

function isList(shape: Shape): boolean {
  return shape.array && !shape.object
}

function textField(name: string, encoding: Encoding, shape: Shape, names: QueryNames): FieldDecoder {
  const read: FieldReader = fieldReader({ name, ...encoding }, shape, names, decodeForm)
  const slot = names.slot(name)
  return function decodeField(texts, reversed) {
    const tree = read(texts)
    if (tree === undefined) return undefined
    // Text that does not fit its style is shown to the validator as it came, and refused there.
    return tree instanceof Misfit ? rawTexts(texts.slots[slot]) : coerce(tree, shape, reversed)
  }
}

function rawTexts(raw: string | string[] | undefined): unknown {
  return typeof raw === 'string' ? decodeForm(raw) : raw?.map(decodeForm)
}

function jsonField(name: string, shape: Shape, names: QueryNames): FieldDecoder {
  const slot = names.slot(name)
  const deepSlot = names.deepSlot(name)
  return function decodeField(texts, reversed) {
    const raw = texts.slots[slot]
    if (raw !== undefined) return jsonTexts(typeof raw === 'string' ? [decodeForm(raw)] : raw.map(decodeForm), shape)
    const pairs = texts.deep[deepSlot]
    if (pairs === undefined) return undefined
    const tree = readDeepObject(pairs.map(([path, text]) => [path, decodeForm(text)]))
    return tree instanceof Misfit ? pairs.map(([, text]) => decodeForm(text)) : coerce(tree, shape, reversed)
  }
}

/** A property's JSON texts as its value: one text is the value, or an item where the schema wants a list; several are a list. */
export function jsonTexts(texts: readonly string[], shape: Shape): unknown {
  const values = texts.map(jsonOrText)
  if (values.length > 1) return values
  return isList(shape) && !Array.isArray(values[0]) ? values : values[0]
}

function jsonOrText(text: string): unknown {
  if (nestsTooDeep(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
