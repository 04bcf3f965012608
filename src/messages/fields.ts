import type { TextTree } from './coerce.ts'
import { readDeepObject } from './deep-object.ts'
import type { QueryNames, QueryTexts } from './query.ts'
import { bareRecord } from './record.ts'
import type { Shape } from './shape.ts'
import { addText, type Decode, delimitedName, delimitedStyle, Misfit, type StyleReader } from './styles.ts'

/** A value that stands as named text in a query, a form or the cookies. */
export interface Field {
  readonly name: string
  readonly style: string
  readonly explode: boolean
}

/** Takes a field's text out of what was read; undefined when the field is absent. */
export type FieldReader = (texts: QueryTexts) => TextTree | Misfit | undefined

/** The reader of one field by style, explode and shape; claims the names that it needs. */
export function fieldReader(field: Field, shape: Shape, names: QueryNames, decode: Decode): FieldReader {
  if (field.style === 'deepObject') return deepReader(field.name, shape, names, decode)
  const slot = names.slot(field.name)
  if (!shape.array && !shape.object) return singleReader(slot, decode)
  const style = delimitedName(field.style)
  if (style !== 'form' && shape.object && !shape.array) return singleReader(slot, delimitedStyle(style, shape, decode))
  if (!field.explode) return singleReader(slot, delimitedStyle(style, shape, decode))
  const own = repeatedReader(slot, shape, decode)
  if (!shape.object) return own
  const properties = propertiesReader(shape, names, decode)
  return shape.array || shape.scalars.length > 0 ? (texts) => own(texts) ?? properties(texts) : properties
}

function singleReader(slot: number, read: StyleReader): FieldReader {
  return function single(texts) {
    const raw = texts.slots[slot]
    if (raw === undefined || typeof raw === 'string') return raw === undefined ? undefined : read(raw)
    return new Misfit(`is given ${raw.length} times, but may be given only once`)
  }
}

/** `name=a&name=b`. */
function repeatedReader(slot: number, shape: Shape, decode: Decode): FieldReader {
  const scalar = shape.scalars.length > 0
  return function repeated(texts) {
    const raw = texts.slots[slot]
    if (raw === undefined) return undefined
    if (typeof raw !== 'string')
      return shape.array ? raw.map(decode) : new Misfit(`is given ${raw.length} times, but may be given only once`)
    return scalar || !shape.array ? decode(raw) : [decode(raw)]
  }
}

/** An exploded object: each property is a name of its own; an open object takes the names that nobody else declared. */
function propertiesReader(shape: Shape, names: QueryNames, decode: Decode): FieldReader {
  const slots = shape.names.map((name) => [name, names.slot(name)] as const)
  if (shape.open) names.open = true
  return function properties(texts) {
    let record: { [name: string]: TextTree } | undefined
    for (const [name, slot] of slots) {
      const raw = texts.slots[slot]
      if (raw === undefined) continue
      record ??= bareRecord() as { [name: string]: TextTree }
      record[name] = typeof raw === 'string' ? decode(raw) : raw.map(decode)
    }
    if (!shape.open) return record
    for (const [name, raw] of texts.rest) {
      record ??= bareRecord() as { [name: string]: TextTree }
      addText(record, name, decode(raw))
    }
    return record
  }
}

function deepReader(name: string, shape: Shape, names: QueryNames, decode: Decode): FieldReader {
  const deepSlot = names.deepSlot(name)
  const slot = names.slot(name)
  const scalar = singleReader(slot, decode)
  return function deep(texts) {
    const pairs = texts.deep[deepSlot]
    if (pairs !== undefined) return readDeepObject(pairs.map(([path, raw]) => [path, decode(raw)]))
    if (shape.scalars.length > 0) return scalar(texts)
    // Who names the parameter means it: its text is not to vanish because it is written in another style.
    return texts.slots[slot] ? new Misfit(`must be written as ${name}[…]=… (style deepObject)`) : undefined
  }
}
