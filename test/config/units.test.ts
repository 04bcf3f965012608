import t from 'tap'
import { Duration, parseDuration, parseSize, parseTimeout, Size } from '../../src/config/units.ts'
import { compileCheck } from '../../src/config/validate.ts'

t.test('durations are milliseconds', async (t) => {
  const table: [string | number, number][] = [
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    [250, 250],
    ['0s', 0],
  ]
  for (const [value, expected] of table) t.equal(parseDuration(value), expected, String(value))
})

t.test('a timer waits no longer than it can', async (t) => {
  t.equal(parseTimeout('30s'), 30_000)
  t.equal(parseTimeout('24d'), 24 * 86_400_000)
  t.equal(parseTimeout('30d'), 24 * 86_400_000)
  t.equal(parseTimeout(2 ** 40), 24 * 86_400_000)
  t.equal(parseDuration('30d'), 30 * 86_400_000, 'other durations are as long as they are written')
})

t.test('sizes are bytes', async (t) => {
  const table: [string | number, number][] = [
    ['512b', 512],
    ['64kb', 65_536],
    ['1mb', 1_048_576],
    ['1.5MB', 1_572_864],
    ['2gb', 2_147_483_648],
    [10, 10],
  ]
  for (const [value, expected] of table) t.equal(parseSize(value), expected, String(value))
})

t.test('what a schema refuses does not parse, and the other way round', async (t) => {
  const values = [
    '',
    '5',
    's',
    '-1s',
    '1 s',
    '1S',
    '1w',
    'toString',
    '1e3s',
    '.5s',
    'constructor',
    '1.s',
    '30s',
    '1kb',
    '1KB',
    '1tb',
  ]
  for (const value of values) {
    t.equal(compileCheck(Duration)(value).length === 0, !throws(() => parseDuration(value)), `duration ${value}`)
    t.equal(compileCheck(Size)(value).length === 0, !throws(() => parseSize(value)), `size ${value}`)
  }
})

function throws(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch {
    return true
  }
}
