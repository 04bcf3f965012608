import t from 'tap'
import type { Report } from '../../src/tasks/log.ts'
import { createReporter, merge } from '../../src/tasks/reporter.ts'
import { pause } from './system.ts'

t.test('a write that fails is made up for, in order', async (t) => {
  const written: Report[] = []
  let failures = 2
  const reporter = createReporter(
    async (reports) => {
      if (failures-- > 0) throw new Error('the database is away')
      written.push(...reports)
      return true
    },
    () => t.fail('it was not lost'),
  )
  reporter.line({ level: 'info', message: 'one' })
  await pause(80)
  reporter.line({ level: 'info', message: 'two' })
  await pause(250)
  const rest = await reporter.close()
  t.same(
    [...written, ...rest].map(({ data }) => (data as { message: string }).message),
    ['one', 'two'],
  )
})

t.test('what is left and what comes after the end', async (t) => {
  const reporter = createReporter(
    async () => true,
    () => {},
  )
  reporter.progress(0.1)
  reporter.progress(7, 'too far')
  reporter.progress(Number.NaN)
  const rest = await reporter.close()
  reporter.progress(0.5)
  t.match(rest, [{ type: 'progress', progress: 1, message: 'too far' }])
  t.equal(rest.length, 1)
})

t.test('what Postgres or JSON cannot hold is left out, and large data is too', async (t) => {
  const reporter = createReporter(
    async () => true,
    () => {},
  )
  const circle: Record<string, unknown> = {}
  circle.self = circle
  reporter.line({ level: 'info', message: 'a\0b', fields: circle })
  reporter.line({ level: 'info', message: 'x'.repeat(10_000), fields: { big: 'x'.repeat(100_000) } })
  const [first, second] = (await reporter.close()).map(({ data }) => data as { message: string; fields: object })
  t.match(first, { message: 'ab', fields: { omitted: 'not expressible as JSON' } })
  t.equal(second?.message.length, 4096)
  t.match(second?.fields, { omitted: /more than/ })
})

t.test('a handler that logs in a loop fills no database', async (t) => {
  const reporter = createReporter(
    async () => true,
    () => {},
  )
  for (let i = 0; i < 10_050; i++) reporter.line({ level: 'info', message: 'again' })
  const kept = await reporter.close()
  t.equal(kept.length, 10_000)
  t.match(kept.at(-1)?.data, { message: /further lines are not kept/ })
})

t.test('whoever lost the task is told', async (t) => {
  let lost = false
  const reporter = createReporter(
    async () => false,
    () => {
      lost = true
    },
  )
  reporter.progress(0.5)
  await pause(30)
  await reporter.close()
  t.ok(lost)
})

t.test('progress reports side by side become one; log lines keep them apart', async (t) => {
  const at = new Date(0)
  const progress = (value: number): Report => ({ type: 'progress', progress: value, at })
  const line: Report = { type: 'log', at }
  t.same(merge([progress(0.1), line, progress(0.2)], [progress(0.3), line]), [progress(0.1), line, progress(0.3), line])
})
