import { compilePattern } from '../patterns/pattern.ts'
import { isMultipleOf } from './multiple-of.ts'
import type { RuleObject } from './rule.ts'
import { samplePattern } from './sample-pattern.ts'

/** Values of each format that is asserted, and of some that are only customary: two usual ones, then those that narrow limits leave. */
const formatSamples: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2026-01-31T12:00:00Z', '2026-02-01T12:00:00Z'],
  date: ['2026-01-31', '2026-02-01'],
  time: ['12:00:00Z', '13:00:00Z'],
  duration: ['PT1H', 'P1D'],
  email: ['ada@example.com', 'grace@example.com', 'a@b.io'],
  'idn-email': ['ada@example.com', 'grace@example.com', 'a@b.io'],
  hostname: ['api.example.com', 'www.example.com', 'a.io'],
  'idn-hostname': ['api.example.com', 'www.example.com', 'a.io'],
  ipv4: ['192.0.2.1', '192.0.2.2', '10.0.0.1', '127.0.0.1', '172.16.0.1', '192.168.0.1', '1.1.1.1'],
  ipv6: ['2001:db8::1', '2001:db8::2', '::1'],
  uri: ['https://example.com/', 'https://example.com/2', 'http://a.io', 'a:b'],
  url: ['https://example.com/', 'https://example.com/2', 'http://a.io', 'a:b'],
  'uri-reference': ['/things/1', '/things/2', '/'],
  'uri-template': ['/things/{id}', '/others/{id}'],
  iri: ['https://example.com/', 'https://example.com/2', 'http://a.io', 'a:b'],
  'iri-reference': ['/things/1', '/things/2', '/'],
  uuid: ['3fa85f64-5717-4562-b3fc-2c963f66afa6', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
  'json-pointer': ['/things/1', '/things/2'],
  'relative-json-pointer': ['1/name', '2/name'],
  'json-pointer-uri-fragment': ['#/things/1', '#/things/2'],
  regex: ['^[a-z]+$', '^[0-9]+$'],
  byte: ['c2FtcGxl', 'c2FtcGxlMg==', 'YQ=='],
  base64: ['c2FtcGxl', 'c2FtcGxlMg=='],
  'iso-time': ['12:00:00Z', '13:00:00Z'],
  'iso-date-time': ['2026-01-31T12:00:00Z', '2026-02-01T12:00:00Z'],
}

/** The longest string that is made; a schema that asks for more gets no sample. */
const longestString = 1_000_000
/** How many different values of one kind are offered, for arrays of distinct items. */
const variants = 64

/** Strings that keep to the format, the patterns and the lengths of a rule, as far as that can be done by construction. */
export function* sampleStrings(rule: RuleObject, patterns: readonly string[]): Generator<string> {
  const least = (rule.minLength as number | undefined) ?? 0
  const most = (rule.maxLength as number | undefined) ?? Number.POSITIVE_INFINITY
  const fits = (text: string) => {
    const { length } = [...text]
    return length >= least && length <= most && patterns.every((pattern) => compilePattern(pattern)?.test(text) ?? true)
  }
  const formatted = formatSamples[String(rule.format)] ?? []
  for (const text of formatted) for (const long of lengthened(text, least)) if (fits(long)) yield long
  for (const pattern of patterns) {
    for (const text of samplePattern(pattern, least, most)) {
      for (const mixed of begun(text, formatted)) if (fits(mixed)) yield mixed
      if (fits(text)) yield text
    }
    // Lookaheads, which passwords are described by, ask for something of each kind.
    for (const text of lengthened('Passw0rd!', least)) if (fits(text)) yield text
  }
  for (let index = 0; index < variants; index++) {
    const text = ofLength(index === 0 ? 'string' : `string${index + 1}`, least, most, index)
    if (fits(text)) yield text
  }
}

/** A text that is long enough: paths grow at their end, the name in an e-mail address at its beginning. */
function* lengthened(text: string, least: number): Generator<string> {
  if (text.length >= least) yield text
  else if (least <= longestString)
    yield* [text.padEnd(least, 'a'), text.padStart(least, 'a'), text.repeat(least / text.length + 1)]
}

/** The samples of a format as far as they can begin like a text: what `^2021.+` asks of a date. */
function* begun(text: string, samples: readonly string[]): Generator<string> {
  for (const sample of samples)
    for (let length = text.length; length > 0; length--) yield text.slice(0, length) + sample.slice(length)
}

function ofLength(text: string, least: number, most: number, index: number): string {
  if (text.length < least) return text.padEnd(Math.min(least, longestString), 'string')
  if (text.length <= most) return text
  // Cut from the front, so that what tells the variants apart stays.
  return index === 0 ? text.slice(0, most) : text.slice(text.length - most)
}

/** Numbers within the limits of a rule, whole ones first. */
export function* sampleNumbers(rule: RuleObject, integer: boolean): Generator<number> {
  const low = Math.max(finite(rule.minimum, Number.NEGATIVE_INFINITY), finite(rule.exclusiveMinimum, Number.NEGATIVE_INFINITY))
  const high = Math.min(finite(rule.maximum, Number.POSITIVE_INFINITY), finite(rule.exclusiveMaximum, Number.POSITIVE_INFINITY))
  const divisor = finite(rule.multipleOf, 1)
  const fits = (value: number) =>
    value >= low &&
    value <= high &&
    value !== rule.exclusiveMinimum &&
    value !== rule.exclusiveMaximum &&
    (!integer || Number.isInteger(value)) &&
    (rule.multipleOf === undefined || isMultipleOf(value, divisor))
  const start = low > 1 || high >= 1 ? Math.max(low, 1) : high
  const first = low > 1 || high >= 1 ? Math.ceil(start / divisor) : Math.floor(start / divisor)
  const direction = low > 1 || high >= 1 ? 1 : -1
  for (let index = 0; index < variants; index++) {
    const value = tidy((first + direction * index) * divisor)
    if (fits(value)) yield value
  }
  for (const value of [0, low, high, (low + high) / 2]) if (Number.isFinite(value) && fits(value)) yield value
}

/** 3 × 0.1 as it is written, not as binary fractions add up. */
function tidy(value: number): number {
  return Number(value.toPrecision(15))
}

function finite(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
