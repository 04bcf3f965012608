import type { TextTree } from './coerce.ts'
import { decodePercent } from './percent.ts'
import { bareRecord } from './record.ts'
import type { Shape } from './shape.ts'

/** Text that is not written as the parameter's style asks. */
export class Misfit {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

export type Decode = (text: string) => string
/** Splits one raw text by its style and decodes the parts (never the other way round). */
export type StyleReader = (raw: string) => TextTree | Misfit

/** Raw spellings of a delimiter; those that must be percent-encoded in a URL count in both forms. */
type Delimiter = string | RegExp

const delimiters = { simple: ',', form: ',', spaceDelimited: /%20|\+| /, pipeDelimited: /\||%7c/i } as const

/** `simple` (RFC 6570 section 3.2.2): `a,b`, objects `k,v,k,v` or, exploded, `k=v,k=v`. */
export function simpleStyle(shape: Shape, explode: boolean, decode: Decode): StyleReader {
  return delimited(shape, delimiters.simple, explode, decode)
}

/** The style by which one text holds several; anything unknown counts as `form`. */
export function delimitedName(style: string): 'form' | 'spaceDelimited' | 'pipeDelimited' {
  return style === 'spaceDelimited' || style === 'pipeDelimited' ? style : 'form'
}

/** `form`, `spaceDelimited` and `pipeDelimited` where one text holds the whole value (not exploded). */
export function delimitedStyle(style: 'form' | 'spaceDelimited' | 'pipeDelimited', shape: Shape, decode: Decode): StyleReader {
  return delimited(shape, delimiters[style], false, decode)
}

/** `label` (RFC 6570 section 3.2.5): `.a,b`, exploded `.a.b` and `.k=v.k=v`. */
export function labelStyle(shape: Shape, explode: boolean): StyleReader {
  const read = delimited(shape, explode ? '.' : ',', explode, decodePercent)
  return function label(raw) {
    return raw.charCodeAt(0) === 46 ? read(raw.slice(1)) : new Misfit('must start with "." (style label)')
  }
}

/** `matrix` (RFC 6570 section 3.2.7): `;name=a,b`, exploded `;name=a;name=b` and `;k=v;k=v`. */
export function matrixStyle(name: string, shape: Shape, explode: boolean): StyleReader {
  const read = delimited(shape, ',', false, decodePercent)
  return function matrix(raw) {
    if (raw.charCodeAt(0) !== 59) return new Misfit('must start with ";" (style matrix)')
    const pairs = raw.slice(1).split(';').map(splitPair)
    if (explode && shape.object && !pairs.some(([key]) => decodePercent(key) === name)) return namedTexts(pairs, decodePercent)
    if (pairs.some(([key]) => decodePercent(key) !== name)) return new Misfit(`must be written as ";${name}=…" (style matrix)`)
    if (explode && shape.array) return pairs.map(([, value]) => decodePercent(value))
    return pairs.length === 1 ? read((pairs[0] as [string, string])[1]) : new Misfit('may be given only once')
  }
}

function delimited(shape: Shape, delimiter: Delimiter, explode: boolean, decode: Decode): StyleReader {
  if (!shape.array && !shape.object) return decode
  const scalar = shape.scalars.length > 0
  return function list(raw) {
    const parts = raw.split(delimiter)
    if (shape.object) {
      const named = explode ? pairsWithNames(parts, decode) : alternating(parts, delimiter, decode)
      if (named !== undefined && (!shape.array || shape.names.includes(Object.keys(named)[0] as string))) return named
      if (!shape.array && !scalar) return new Misfit(explode ? 'must be pairs of name=value' : 'must be names and values in turn')
    }
    return shape.array && (parts.length > 1 || !scalar) ? parts.map(decode) : decode(raw)
  }
}

function pairsWithNames(parts: readonly string[], decode: Decode): { [name: string]: TextTree } | undefined {
  return parts.every((part) => part.includes('=')) ? namedTexts(parts.map(splitPair), decode) : undefined
}

function alternating(parts: readonly string[], delimiter: Delimiter, decode: Decode): { [name: string]: TextTree } | undefined {
  // A name without a value is never an object, so a text whose delimiters are percent-encoded too can be told apart.
  const texts = parts.length === 1 ? decode(parts[0] as string).split(delimiter) : parts.map(decode)
  if (texts.length % 2 === 1) return undefined
  const record = bareRecord() as { [name: string]: TextTree }
  for (let i = 0; i < texts.length; i += 2) record[texts[i] as string] = texts[i + 1] as string
  return record
}

export function namedTexts(pairs: readonly (readonly [string, string])[], decode: Decode): { [name: string]: TextTree } {
  const record = bareRecord() as { [name: string]: TextTree }
  for (const [name, value] of pairs) addText(record, decode(name), decode(value))
  return record
}

/** Adds a text under a name; a name that comes again gathers its texts in a list. */
export function addText(record: { [name: string]: TextTree }, name: string, text: string): void {
  const known = record[name]
  if (known === undefined) record[name] = text
  else if (Array.isArray(known)) known.push(text)
  else record[name] = [known, text]
}

/** `k=v` as a pair; without `=` the value is empty. */
export function splitPair(text: string): [string, string] {
  const at = text.indexOf('=')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
