import Type from 'typebox'

const durations = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const sizes = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const

/** A span of time: `500ms`, `30s`, `5m`, `12h`, `7d`; a plain number counts milliseconds. Read it with `parseDuration`. */
export const Duration = Type.Union(
  [Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$', examples: ['500ms', '30s', '5m', '7d'] }), Type.Number({ minimum: 0 })],
  {
    title: 'Duration',
    description: 'A span of time: 500ms, 30s, 5m, 12h, 7d; a plain number counts milliseconds.',
    examples: ['30s'],
  },
)
export type Duration = Type.Static<typeof Duration>

/** An amount of bytes: `512b`, `64kb`, `1mb`, `1gb` (1 kb = 1024 bytes); a plain number counts bytes. Read it with `parseSize`. */
export const Size = Type.Union(
  [
    Type.String({ pattern: '^\\d+(\\.\\d+)?([bB]|[kK][bB]|[mM][bB]|[gG][bB])$', examples: ['64kb', '1mb'] }),
    Type.Integer({ minimum: 0 }),
  ],
  {
    title: 'Size',
    description: 'An amount of bytes: 64kb, 1mb (1kb = 1024 bytes); a plain number counts bytes.',
    examples: ['1mb'],
  },
)
export type Size = Type.Static<typeof Size>

/** Milliseconds. Throws on what `Duration` does not allow: values were checked when they were read. */
export function parseDuration(value: Duration): number {
  return Math.round(parse(value, durations, 'duration'))
}

/** 24 days: a timer of Node takes 2^31 - 1 milliseconds, and is over at once when it is given more. */
const longestTimeout = 24 * durations.d

/** Milliseconds for a timer: like `parseDuration`, but what is longer than a timer can wait is cut to 24 days. */
export function parseTimeout(value: Duration): number {
  return Math.min(parseDuration(value), longestTimeout)
}

/** Bytes. Throws on what `Size` does not allow: values were checked when they were read. */
export function parseSize(value: Size): number {
  return Math.round(parse(typeof value === 'string' ? value.toLowerCase() : value, sizes, 'size'))
}

function parse(value: string | number, units: Readonly<Record<string, number>>, what: string): number {
  if (typeof value === 'number') return value
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(value) ?? []
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined
  if (factor === undefined) throw new RangeError(`"${value}" is no ${what}`)
  return Number(amount) * factor
}
