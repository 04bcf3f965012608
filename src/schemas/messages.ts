import type { ErrorObject } from 'ajv'
import { escapePointer } from '../documents/document.ts'
import { nearest } from '../documents/suggest.ts'
import { formatDescriptions } from './formats.ts'

/** An Ajv error of one of our engines: always verbose. */
export type Found = ErrorObject<string, Params> & { parentSchema?: Record<string, unknown> }

/** The parameters of all keywords' errors; each keyword sets its own of them. */
interface Params {
  readonly type: string | string[]
  readonly allowedValues: readonly unknown[]
  readonly allowedValue: unknown
  readonly missingProperty: string
  readonly property: string
  readonly additionalProperty: string
  readonly key: string
  readonly limit: number
  readonly multipleOf: number
  readonly pattern: string
  readonly format: string
  readonly i: number
  readonly j: number
  readonly minContains: number
  readonly maxContains: number | undefined
  readonly count: number
  readonly passing: readonly number[] | undefined
  readonly value: unknown
  readonly allowed: readonly string[]
}

/** A message, and the property or item below the value where it belongs, if it does. */
type Said = string | { below: string | number; message: string }
type Say = (params: Params, found: Found) => Said | undefined

const longestText = 60
const longestList = 20

/** A value of the caller's own, shortened: `the string "abc"`, `an object`, `5`. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return `the string ${showText(value)}`
  if (typeof value === 'number') return `the number ${value}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function showText(text: string): string {
  const points = [...text.slice(0, longestText * 2)]
  return points.length <= longestText
    ? JSON.stringify(text)
    : `${JSON.stringify(points.slice(0, longestText).join('')).slice(0, -1)}…"`
}

/** What is allowed, as a list: strings as they are, unless that could be misread. */
export function showChoices(values: readonly unknown[]): string {
  const shown = values.slice(0, longestList).map((value) => {
    if (typeof value === 'string' && /^[^\s,"]+$/.test(value) && !/^(?:true|false|null|-?\d.*)$/.test(value)) return value
    const text = JSON.stringify(value) ?? String(value)
    return text.length > longestText ? `${text.slice(0, longestText)}…` : text
  })
  const more = values.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
  null: 'null',
}

/** `a string, an integer or null`. */
export function showTypes(types: readonly string[]): string {
  return alternatives(types.map((type) => typeNames[type] ?? type))
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(names: readonly string[], word = 'or'): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`
const property = (name: string) => `the property ${showText(name)}`

function size(word: 'at least' | 'at most', one: string, many: string, measure: (data: never) => number): Say {
  return ({ limit }, { data }) => `must have ${word} ${plural(limit, one, many)}, has ${measure(data as never)}`
}

const characters = (data: string) => [...data].length
const items = (data: unknown[]) => data.length
const members = (data: object) => Object.keys(data).length

const sayLimit =
  (words: string): Say =>
  ({ limit }, { data }) =>
    `must be ${words} ${limit}, got ${data}`

function sayUnexpected(name: string, { parentSchema }: Found): Said {
  const near = nearest(name, Object.keys((parentSchema?.properties as object | undefined) ?? {}))
  return {
    below: name,
    message: `${property(name)} is not allowed${near === undefined ? '' : `; did you mean ${showText(near)}?`}`,
  }
}

/** What each keyword says when it fails; a keyword that only repeats what others say gives undefined. */
const sayings: ReadonlyMap<string, Say> = new Map<string, Say>([
  ['type', ({ type }, { data }) => `must be ${showTypes(([] as string[]).concat(type))}, got ${showValue(data)}`],
  ['enum', ({ allowedValues }) => `must be one of: ${showChoices(allowedValues)}`],
  ['const', ({ allowedValue }) => `must be ${showChoices([allowedValue])}`],
  ['required', ({ missingProperty }) => ({ below: missingProperty, message: `${property(missingProperty)} is required` })],
  [
    'dependentRequired',
    ({ missingProperty, property: cause }) => ({
      below: missingProperty,
      message: `${property(missingProperty)} is required when ${showText(cause)} is there`,
    }),
  ],
  ['additionalProperties', ({ additionalProperty }, found) => sayUnexpected(additionalProperty, found)],
  ['unevaluatedProperties', ({ key }, found) => sayUnexpected(key, found)],
  ['unevaluatedItems', ({ key }) => ({ below: key, message: 'this item is not allowed' })],
  ['false schema', () => 'is not allowed'],
  ['withheld', () => 'must not be in a response: it is writeOnly'],
  ['minimum', sayLimit('at least')],
  ['maximum', sayLimit('at most')],
  ['exclusiveMinimum', sayLimit('greater than')],
  ['exclusiveMaximum', sayLimit('less than')],
  ['multipleOf', ({ multipleOf }, { data }) => `must be a multiple of ${multipleOf}, got ${data}`],
  ['minLength', size('at least', 'character', 'characters', characters)],
  ['maxLength', size('at most', 'character', 'characters', characters)],
  ['minItems', size('at least', 'item', 'items', items)],
  ['maxItems', size('at most', 'item', 'items', items)],
  ['minProperties', size('at least', 'property', 'properties', members)],
  ['maxProperties', size('at most', 'property', 'properties', members)],
  ['items', ({ limit }, { data }) => `must have at most ${plural(limit, 'item', 'items')}, has ${(data as unknown[]).length}`],
  ['pattern', ({ pattern }, { data }) => `must match the pattern ${pattern}, got ${showValue(data)}`],
  [
    'format',
    ({ format }, { data }) => `must be ${formatDescriptions.get(format) ?? `a valid ${format}`}, got ${showValue(data)}`,
  ],
  ['uniqueItems', ({ i, j }) => `must not repeat an item: items ${j} and ${i} are equal`],
  ['contains', ({ minContains, maxContains, count }) => sayContains(minContains, maxContains, count)],
  ['not', () => 'is a value that is excluded'],
  ['if', () => undefined],
])

function sayContains(least: number, most: number | undefined, count: number): string {
  const wanted = most === undefined ? `at least ${least}` : `between ${least} and ${most}`
  return `must contain ${wanted} ${least === 1 && most === undefined ? 'item' : 'items'} of the wanted kind, contains ${count}`
}

/** An error in words with the place where it belongs; undefined when other errors say it better. */
export function say(found: Found): { pointer: string; message: string } | undefined {
  const saying = sayings.get(found.keyword)
  const said = saying === undefined ? 'is not valid' : saying(found.params, found)
  if (said === undefined) return undefined
  const { below, message } = typeof said === 'string' ? { below: undefined, message: said } : said
  const pointer = below === undefined ? found.instancePath : `${found.instancePath}/${escapePointer(String(below))}`
  if (found.propertyName === undefined) return { pointer, message }
  const { propertyName } = found
  return {
    pointer: `${found.instancePath}/${escapePointer(propertyName)}`,
    message: `the property name ${showText(propertyName)} ${message}`,
  }
}
