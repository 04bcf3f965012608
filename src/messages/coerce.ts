import { bareRecord } from './record.ts'
import type { Scalar, Shape } from './shape.ts'

/** Decoded text of a parameter or form field: one text, several, or named ones. */
export type TextTree = string | TextTree[] | { [name: string]: TextTree }

/**
 * Turns text into the JSON value that the schema asks for. Text that is not of an allowed type stays a string, for
 * the validator to refuse with its own words. `reversed` tries the types of an ambiguous shape the other way round.
 */
export function coerce(tree: TextTree, shape: Shape, reversed = false): unknown {
  if (typeof tree === 'string') return coerceText(tree, shape, reversed)
  if (Array.isArray(tree)) return tree.map((item, index) => coerce(item, shape.item(index), reversed))
  const items = shape.array && !shape.object ? indexed(tree) : undefined
  if (items !== undefined) return coerce(items, shape, reversed)
  const record = bareRecord()
  for (const name of Object.keys(tree)) record[name] = coerce(tree[name] as TextTree, shape.property(name), reversed)
  return record
}

function coerceText(text: string, shape: Shape, reversed: boolean): unknown {
  const { scalars } = shape
  for (let i = 0; i < scalars.length; i++) {
    const value = coerceScalar(text, scalars[reversed ? scalars.length - 1 - i : i] as Scalar)
    if (value !== undefined) return value
  }
  // What a body would round is rounded here too, unless the text could stay as it is.
  if (scalars.includes('number') && isPlainInteger(text) && Number.isInteger(Number(text)) && isJsonNumber(text))
    return Number(text)
  // A lone text where only an array (or null) can stand is its one item.
  return shape.array && scalars.every((type) => type === 'null') ? [coerce(text, shape.item(0), reversed)] : text
}

/** The value of text as one type; undefined when it is none of that type. */
export function coerceScalar(text: string, type: Scalar): string | number | boolean | null | undefined {
  switch (type) {
    case 'string':
      return text
    case 'number':
      return parseNumber(text)
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'null':
      return text === '' || text === 'null' ? null : undefined
  }
}

/**
 * A number as JSON writes it (RFC 8259 section 6): no sign `+`, no leading zeros, no hexadecimal, no blanks.
 * Undefined for anything else, for what overflows, and for integers that a double would change silently.
 */
export function parseNumber(text: string): number | undefined {
  if (!isJsonNumber(text)) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  if (text.length > 15 && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return isPlainInteger(text) && BigInt(text) !== BigInt(value) ? undefined : value
  }
  return value
}

function isJsonNumber(text: string): boolean {
  let at = text.charCodeAt(0) === 45 ? 1 : 0
  const first = text.charCodeAt(at)
  const whole = skipDigits(text, at)
  if (whole === at || (first === 48 && whole > at + 1)) return false
  at = whole
  if (text.charCodeAt(at) === 46) {
    const end = skipDigits(text, at + 1)
    if (end === at + 1) return false
    at = end
  }
  if ((text.charCodeAt(at) | 32) === 101) {
    const sign = text.charCodeAt(at + 1)
    const start = at + (sign === 43 || sign === 45 ? 2 : 1)
    const end = skipDigits(text, start)
    if (end === start) return false
    at = end
  }
  return at === text.length
}

function skipDigits(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(++at));
  return at
}

function isPlainInteger(text: string): boolean {
  return skipDigits(text, text.charCodeAt(0) === 45 ? 1 : 0) === text.length
}

/** `{ 0: …, 1: … }` as a list; undefined when the names are not the indexes from 0 without gaps. */
function indexed(tree: { [name: string]: TextTree }): TextTree[] | undefined {
  const count = Object.keys(tree).length
  const items: TextTree[] = []
  for (let i = 0; i < count; i++) {
    const item = tree[i]
    if (item === undefined) return undefined
    items.push(item)
  }
  return items
}
