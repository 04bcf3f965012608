import { describeNumbers } from './numbers.ts'

export type ColumnType = 'empty' | 'boolean' | 'integer' | 'number' | 'date' | 'datetime' | 'text'

/** What the values of one column were; null for values that stand for nothing. */
export type ColumnValues = readonly (string | null)[]

const wholeNumber = /^[+-]?(0|[1-9]\d*)$/
const decimalNumber = /^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
const timestamp = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/

/**
 * Narrow types first: a column has the first type that all its values have. Leading zeros make a code of a number (a postcode, a
 * telephone number), and so do digits beyond 2^53, which a number would lose.
 */
const types: readonly (readonly [type: ColumnType, test: (value: string) => boolean])[] = [
  ['boolean', (value) => /^(true|false|yes|no)$/i.test(value)],
  ['integer', (value) => wholeNumber.test(value) && Number.isSafeInteger(Number(value))],
  [
    'number',
    (value) => decimalNumber.test(value) && (wholeNumber.test(value) ? Number.isSafeInteger : Number.isFinite)(Number(value)),
  ],
  ['date', (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isDate(value)],
  ['datetime', (value) => timestamp.test(value) && isDate(value.slice(0, 10))],
]

/** True for a day that the calendar has; Date would read 30 February as 2 March. */
function isDate(value: string): boolean {
  const time = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

export function inferType(values: Iterable<string>): ColumnType {
  let candidates = types
  let count = 0
  for (const value of values) {
    count++
    candidates = candidates.filter(([, test]) => test(value))
    if (candidates.length === 0) return 'text'
  }
  return count === 0 ? 'empty' : candidates[0]![0]
}

const mostTopValues = 5

/** The profile of one column; what it holds besides the counts depends on the type. */
export function profileColumn(name: string, values: ColumnValues) {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  const type = inferType(counts.keys())
  const present = values.filter((value) => value !== null)
  const top = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, mostTopValues)
  return {
    name,
    type,
    count: present.length,
    nulls: values.length - present.length,
    distinct: counts.size,
    unique: counts.size === present.length && present.length > 0,
    top_values: top.map(([value, count]) => ({ value, count })),
    ...details(type, values, present),
  }
}

function details(type: ColumnType, values: ColumnValues, present: readonly string[]) {
  switch (type) {
    case 'integer':
    case 'number':
      return describeNumbers(values.map((value) => (value === null ? null : Number(value))))
    case 'date':
    case 'datetime':
      return extremes(present)
    case 'text':
      return lengths(present)
    default:
      return {}
  }
}

/** ISO dates sort as text. */
function extremes(present: readonly string[]) {
  let [min = '', max = ''] = [present[0], present[0]]
  for (const value of present) {
    if (value < min) min = value
    if (value > max) max = value
  }
  return { min, max }
}

function lengths(present: readonly string[]) {
  let [min, max] = [Number.POSITIVE_INFINITY, 0]
  for (const { length } of present) {
    if (length < min) min = length
    if (length > max) max = length
  }
  return { min_length: min, max_length: max }
}
