import { randomUUID } from 'node:crypto'
import { compilePattern } from '../patterns/pattern.ts'
import type { RuleObject } from './rule.ts'
import { samplePattern } from './sample-pattern.ts'

/** Gives a number from 0 up to 1, such as `Math.random`. */
export type Random = () => number

const words =
  'amber birch cedar delta ember fjord grove heron islet juniper kestrel lagoon meadow north opal pine quartz reed'.split(' ')

function oneOf<Value>(values: readonly Value[], random: Random): Value {
  return values[Math.floor(random() * values.length)] as Value
}

/** A moment of the years 2020 to 2029, as ISO 8601. */
function moment(random: Random): string {
  return new Date(Date.UTC(2020) + Math.floor(random() * 10 * 365 * 86_400) * 1000).toISOString()
}

const byFormat: Readonly<Record<string, (random: Random) => string>> = {
  'date-time': moment,
  date: (random) => moment(random).slice(0, 10),
  time: (random) => moment(random).slice(11),
  email: (random) => `${oneOf(words, random)}.${oneOf(words, random)}@example.com`,
  hostname: (random) => `${oneOf(words, random)}.example.com`,
  ipv4: (random) => `192.0.2.${Math.floor(random() * 256)}`,
  uri: (random) => `https://example.com/${oneOf(words, random)}/${Math.floor(random() * 1000)}`,
  url: (random) => `https://example.com/${oneOf(words, random)}/${Math.floor(random() * 1000)}`,
  uuid: () => randomUUID(),
}

/** Texts of a rule's format, or some words; whether they fit the rest of the rule is for the caller to see. */
function* randomStrings({ format, maxLength }: RuleObject, random: Random): Generator<string> {
  const make = byFormat[String(format)]
  for (let attempt = 0; attempt < 4; attempt++) {
    const text = make === undefined ? `${oneOf(words, random)} ${oneOf(words, random)}` : make(random)
    yield text
    if (make === undefined) yield text.slice(0, typeof maxLength === 'number' ? maxLength : undefined).trimEnd()
  }
}

/** A number within a rule's limits, 0 to 1000 where it has none, in steps of `multipleOf`. */
function randomNumber(rule: RuleObject, integer: boolean, random: Random): number {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = rule
  const limit = (values: unknown[]) => values.filter((value) => typeof value === 'number')
  const low = Math.max(...limit([minimum, exclusiveMinimum]), Number.NEGATIVE_INFINITY)
  const high = Math.min(...limit([maximum, exclusiveMaximum]), Number.POSITIVE_INFINITY)
  const from = Number.isFinite(low) ? low : Number.isFinite(high) ? Math.min(0, high - 1000) : 0
  const to = Number.isFinite(high) ? high : from + 1000
  const step = typeof multipleOf === 'number' ? multipleOf : integer ? 1 : 0.01
  return Number((Math.ceil((from + random() * (to - from)) / step) * step).toPrecision(12))
}

export function shuffled<Value>(values: readonly Value[], random: Random): Value[] {
  return values
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

/** Values of a kind that differ from call to call; what they are checked against besides is for the caller to say. */
export function* varied(type: string, rule: RuleObject, patterns: readonly string[], random: Random): Generator<unknown> {
  if (type === 'boolean') yield random() < 0.5
  if (type === 'integer' || type === 'number') yield randomNumber(rule, type === 'integer', random)
  if (type !== 'string') return
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = rule as { minLength?: number; maxLength?: number }
  const made = patterns.flatMap((pattern) => [...samplePattern(pattern, minLength, maxLength)])
  for (const text of [...randomStrings(rule, random), ...shuffled(made, random)]) {
    const { length } = [...text]
    const fits = length >= minLength && length <= maxLength
    if (fits && patterns.every((pattern) => compilePattern(pattern)?.test(text) ?? true)) yield text
  }
}
