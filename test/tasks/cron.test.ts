import t from 'tap'
import { parseCron } from '../../src/tasks/cron.ts'

function cron(expression: string, timezone?: string) {
  const parsed = parseCron(expression, timezone)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

t.test('moments of a schedule', async (t) => {
  const five = cron('*/5 * * * *')
  const at = (text: string) => new Date(text)
  t.same(five.after(at('2026-01-01T00:05:00Z')), at('2026-01-01T00:10:00Z'), 'a moment is not after itself')
  t.same(five.latest(at('2026-01-01T00:05:00Z')), at('2026-01-01T00:05:00Z'), 'but it has come')
  t.same(five.latest(at('2026-01-01T00:09:59.999Z')), at('2026-01-01T00:05:00Z'))
  t.same(cron('* * * * * *').after(at('2026-01-01T00:00:00.300Z')), at('2026-01-01T00:00:01Z'), 'six fields begin with seconds')
  t.same(cron('0 7 * * *', 'Europe/Zurich').after(at('2026-07-01T00:00:00Z')), at('2026-07-01T05:00:00Z'))
  t.same(
    cron('30 2 * * *', 'Europe/Zurich').after(at('2026-03-28T12:00:00Z')),
    at('2026-03-29T01:30:00Z'),
    'an hour that a day leaves out',
  )
})

t.test('what is wrong with a schedule is said', async (t) => {
  for (const expression of ['', 'hello', '* * *', '61 * * * *', '* 25 * * *', '0 0 30 2 *', '* * * * * * *']) {
    t.type(parseCron(expression), 'string', expression)
  }
  t.match(parseCron('* * * * *', 'Mars/Base'), /no IANA time zone/)
})
