import { isIPv4, isIPv6 } from 'node:net'
import type { Format } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { isEmail, isHostname, isIdnEmail, isIdnHostname } from './format-host.ts'
import { duration, isDate, isDateTime, isTime } from './format-time.ts'
import { isIri, isIriReference, isUri, isUriReference, uriTemplate } from './format-uri.ts'

interface DescribedFormat {
  readonly format: Format
  /** Completes the sentence `must be …`. */
  readonly description: string
}

const text = (description: string, validate: RegExp | ((value: string) => boolean)): DescribedFormat => ({
  format: validate,
  description,
})

function whole(least: number, most: number, description: string): DescribedFormat {
  const validate = (value: number) => Number.isInteger(value) && value >= least && value <= most
  return { format: { type: 'number', validate }, description }
}

const finite: Format = { type: 'number', validate: Number.isFinite }

/** JSON Schema formats are ECMA-262 expressions; the flag refuses what only browsers tolerate, such as `\a`. */
function isRegex(value: string): boolean {
  try {
    return new RegExp(value, 'u') !== undefined
  } catch {
    return false
  }
}

/** JSON Schema 2020-12 section 7.3 and the OpenAPI format registry. */
const asserted: Readonly<Record<string, DescribedFormat>> = {
  'date-time': text('a date and time (RFC 3339) such as 2026-01-31T12:00:00Z', isDateTime),
  date: text('a date such as 2026-01-31', isDate),
  time: text('a time with an offset such as 12:00:00Z', isTime),
  duration: text('a duration (ISO 8601) such as PT1H30M', duration),
  email: text('an e-mail address', isEmail),
  'idn-email': text('an e-mail address', isIdnEmail),
  hostname: text('a host name', isHostname),
  'idn-hostname': text('a host name', isIdnHostname),
  ipv4: text('an IPv4 address', isIPv4),
  ipv6: text('an IPv6 address', (value) => isIPv6(value) && !value.includes('%')),
  uri: text('a URI with a scheme such as https://example.com/', isUri),
  'uri-reference': text('a URI or a relative reference', isUriReference),
  iri: text('an IRI with a scheme such as https://example.com/', isIri),
  'iri-reference': text('an IRI or a relative reference', isIriReference),
  'uri-template': text('a URI template (RFC 6570)', uriTemplate),
  uuid: text('a UUID', /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i),
  regex: text('a regular expression', isRegex),
  'json-pointer': text('a JSON pointer such as /a/0', fullFormats['json-pointer'] as RegExp),
  'relative-json-pointer': text('a relative JSON pointer such as 1/a', fullFormats['relative-json-pointer'] as RegExp),
  byte: text('base64', /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  base64url: text('base64url', /^(?:[\w-]{4})*(?:[\w-]{2}(?:==)?|[\w-]{3}=?)?$/),
  int8: whole(-(2 ** 7), 2 ** 7 - 1, 'a whole number from -128 to 127'),
  uint8: whole(0, 2 ** 8 - 1, 'a whole number from 0 to 255'),
  int16: whole(-(2 ** 15), 2 ** 15 - 1, 'a whole number of 16 bits'),
  uint16: whole(0, 2 ** 16 - 1, 'a whole number of 16 bits from 0'),
  int32: whole(-(2 ** 31), 2 ** 31 - 1, 'a whole number of 32 bits'),
  uint32: whole(0, 2 ** 32 - 1, 'a whole number of 32 bits from 0'),
  // The largest whole numbers of 64 bits are no doubles: read as JSON they become these.
  int64: whole(-(2 ** 63), 2 ** 63, 'a whole number of 64 bits'),
  uint64: whole(0, 2 ** 64, 'a whole number of 64 bits from 0'),
  float: { format: finite, description: 'a number' },
  double: { format: finite, description: 'a number' },
}

/** The formats that are asserted; any other is an annotation only. */
export const formats: Readonly<Record<string, Format>> = Object.fromEntries(
  Object.entries(asserted).map(([name, { format }]) => [name, format]),
)

/** What a format wants, to complete the sentence `must be …`. */
export const formatDescriptions: ReadonlyMap<string, string> = new Map(
  Object.entries(asserted).map(([name, { description }]) => [name, description]),
)

/** Formats of the OpenAPI registry that say what a value is for, not how it is spelt. */
export const annotatedFormats: ReadonlySet<string> = new Set(
  (
    'binary password html commonmark media-range char decimal decimal128 double-int http-date unixtime sf-binary sf-boolean ' +
    'sf-decimal sf-integer sf-string sf-token'
  ).split(' '),
)
