import { pino } from 'pino'
import t from 'tap'
import type { Clock } from '../../src/clock.ts'
import { parseCron } from '../../src/tasks/cron.ts'
import type { TaskDefinition } from '../../src/tasks/definition.ts'
import { createSchedules } from '../../src/tasks/schedule.ts'
import type { TaskStore } from '../../src/tasks/store.ts'
import { defaults } from './system.ts'

const log = pino({ level: 'silent' })

/** A schedule by a clock that is set by hand; `started` has the moments that it starts a task for. */
function keep(begin: Date, expression: string, timezone: string) {
  const schedule = parseCron(expression, timezone)
  if (typeof schedule === 'string') throw new Error(schedule)
  let now = begin.getTime()
  let wait: { time: number; work: () => unknown } | undefined
  let waits = 0
  const clock: Clock = {
    now: () => now,
    at(time, work) {
      if (++waits > 10_000) throw new Error('it spins')
      wait = { time, work }
      return () => {}
    },
  }
  const started: string[] = []
  // As though another process had made each task: nothing more is done than to ask.
  const query = async (_text: string, values: unknown[]) => {
    started.push((values[1] as Date).toISOString())
    return { rowCount: 0, rows: [] }
  }
  const transaction = (work: (tx: unknown) => unknown) => work({ query })
  const schedules = createSchedules({ database: { schema: 's', transaction } } as unknown as TaskStore, clock, log)
  const definition = { operation: { id: 'clocked' }, options: { ...defaults, schedule } } as TaskDefinition
  schedules.follow(new Map([['clocked', definition]]))
  return {
    schedule,
    started,
    waits: () => waits,
    /** Lets time pass; a machine that sleeps until then calls what is due when it wakes. */
    async pass(until: Date, asleep = false) {
      if (asleep) now = until.getTime()
      while (wait !== undefined && wait.time <= until.getTime()) {
        const { time, work } = wait
        wait = undefined
        now = Math.max(now, time)
        await work()
      }
      now = until.getTime()
    },
  }
}

/** Nights in which clocks change, somewhere. */
const nights: [zone: string, days: string[]][] = [
  ['UTC', ['2027-03-28']],
  ['Europe/Zurich', ['2027-03-28', '2027-10-31']],
  ['Europe/London', ['2027-03-28', '2027-10-31']],
  ['America/New_York', ['2027-03-14', '2027-11-07']],
  ['America/Santiago', ['2027-09-05', '2027-04-04']],
  ['Australia/Lord_Howe', ['2027-10-03']],
  ['Africa/Cairo', ['2027-04-30', '2027-10-29']],
  ['Asia/Kathmandu', ['2027-03-28']],
]
const expressions = [
  '0 2 * * *',
  '30 2 * * *',
  '0 0 * * *',
  '30 1 * * *',
  '15 */2 * * *',
  '0 * * * *',
  '30 0-3 * * *',
  '0 0 * * 0',
]

for (const [zone, days] of nights) {
  t.test(`every moment starts once when clocks change: ${zone}`, async (t) => {
    for (const day of days) {
      for (const expression of expressions) {
        const begin = new Date(new Date(`${day}T00:00:00Z`).getTime() - 36 * 3_600_000)
        const end = new Date(begin.getTime() + 72 * 3_600_000)
        const { schedule, started, pass, waits } = keep(begin, expression, zone)
        const moments: string[] = []
        for (let next = schedule.after(begin); next !== undefined && next <= end; next = schedule.after(next)) {
          moments.push(next.toISOString())
        }
        await pass(end)
        t.same(started, moments, `${expression} around ${day}`)
        t.equal(waits(), moments.length + 1, 'one timer each')
      }
    }
  })
}

t.test('of the moments that a machine sleeps through the last one starts, late', async (t) => {
  const { started, pass } = keep(new Date('2027-03-28T00:00:00Z'), '*/10 * * * * *', 'Europe/Zurich')
  await pass(new Date('2027-03-28T00:00:45Z'), true)
  t.same(started, ['2027-03-28T00:00:40.000Z'])
  await pass(new Date('2027-03-28T00:01:05Z'))
  t.same(started.slice(1), ['2027-03-28T00:00:50.000Z', '2027-03-28T00:01:00.000Z'])
})
