import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { DatabaseUnavailable } from '../../src/services/database.ts'
import { claimTasks } from '../../src/tasks/claim.ts'
import { parseCron } from '../../src/tasks/cron.ts'
import { recoverLostTasks, renewLease } from '../../src/tasks/lease.ts'
import { appendReports } from '../../src/tasks/log.ts'
import { deleteExpired } from '../../src/tasks/retention.ts'
import type { ClaimedTask } from '../../src/tasks/rows.ts'
import { createSchedules, startTick } from '../../src/tasks/schedule.ts'
import { createSettle } from '../../src/tasks/settle.ts'
import { createWorker } from '../../src/tasks/worker.ts'
import { openTasks, outline, pause } from './system.ts'

const log = pino({ level: 'silent' })

t.test('the task of a dead worker runs again, and the dead one cannot write any more', async (t) => {
  const { database, define, submit, events, row, system } = await openTasks(t, false)
  const work = define('work', () => null)
  const id = await submit(work)
  const { store, definitions } = system
  const settle = createSettle(store, definitions)
  const [dead, alive] = [randomUUID(), randomUUID()]
  await renewLease(store, dead)
  const [zombie] = (await claimTasks(store, work, dead, 5)).tasks as [ClaimedTask]

  await recoverLostTasks(store, definitions, settle, log)
  t.equal((await row(id)).state, 'active', 'a worker that shows itself keeps what it runs')

  await database.query(`UPDATE "${database.schema}".task_worker SET heartbeat_at = now() - interval '16 seconds' WHERE id = $1`, [
    dead,
  ])
  await recoverLostTasks(store, definitions, settle, log)
  t.match(await row(id), { state: 'retrying', attempt: 1, error: { code: 'worker_lost' } })
  await renewLease(store, alive)
  const [heir] = (await claimTasks(store, work, alive, 5)).tasks as [ClaimedTask]
  t.match(heir, { attempt: 2, fence: 2 })

  const at = new Date()
  t.equal(await appendReports(database, database.schema, id, zombie.fence, [{ type: 'progress', progress: 1, at }]), undefined)
  t.equal(await settle(work, zombie, { kind: 'completed', result: 'late' }), false)
  t.equal(await settle(work, heir, { kind: 'completed', result: 'right' }), true)
  t.match(await row(id), { state: 'completed', result: 'right' })
  t.equal(outline(await events(id)), 'queued active retrying queued active completed')
})

t.test('a task that is handed back has lost no attempt', async (t) => {
  const { define, submit, row, events, system } = await openTasks(t, false)
  const work = define('handed', () => null)
  const id = await submit(work)
  const { store, definitions } = system
  const settle = createSettle(store, definitions)
  const [task] = (await claimTasks(store, work, randomUUID(), 5)).tasks as [ClaimedTask]
  await settle(work, task, { kind: 'returned', reason: 'shutdown' })
  t.match(await row(id), { state: 'queued', attempt: 0 })
  const [again] = (await claimTasks(store, work, randomUUID(), 5)).tasks as [ClaimedTask]
  t.match(again, { attempt: 1, fence: 2 })
  t.equal(await settle(work, task, { kind: 'completed', result: 1 }), false, 'the first run is fenced off all the same')
  t.equal(outline(await events(id)), 'queued active queued active')
})

t.test('draining gives running tasks their time and hands the rest back', async (t) => {
  const { define, submit, end, row, system } = await openTasks(t)
  let reason: unknown
  const draining = Promise.withResolvers<void>()
  const quick = define('quick', () => draining.promise.then(() => 'done'))
  const long = define(
    'long',
    (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
          reject(signal.reason)
        })
      }),
  )
  const [first, second] = [await submit(quick), await submit(long)]
  await end(second, ({ state }) => state === 'active')
  await end(first, ({ state }) => state === 'active')
  const drained = system.drain()
  setTimeout(draining.resolve, 200)
  await drained
  t.match(await row(first), { state: 'completed', result: 'done' })
  t.match(await row(second), { state: 'queued', attempt: 0 })
  t.match(reason, { name: 'ShutdownError' })
})

t.test('what is claimed while the process is in a hurry to end is handed back, too', async (t) => {
  const { define, submit, row, events, system } = await openTasks(t, false)
  let began = false
  const endless = define('endless', () => {
    began = true
    return new Promise(() => {})
  })
  const id = await submit(endless)
  const claiming = Promise.withResolvers<void>()
  const hurried = Promise.withResolvers<void>()
  const { store, definitions } = system
  const transaction: typeof store.database.transaction = async (work) => {
    claiming.resolve()
    await hurried.promise
    return store.database.transaction(work)
  }
  const slow = { ...store, database: { ...store.database, transaction } }
  const worker = createWorker({ store: slow, definitions, log, tracing: undefined, alone: false, retention: () => 1000 })
  await worker.start()
  await claiming.promise
  const stopped = worker.stop(0)
  await pause(200)
  hurried.resolve()
  await stopped
  t.match(await row(id), { state: 'queued', attempt: 0 })
  t.equal(outline(await events(id)), 'queued active queued')
  t.notOk(began, 'its handler had nothing to do')
})

t.test('a moment of a schedule makes one task, however many processes see it', async (t) => {
  const cron = parseCron('* * * * * *')
  if (typeof cron === 'string') throw new Error(cron)
  const { database, define, submit, system, another } = await openTasks(t)
  const filler = define('filler', () => null)
  const ticker = define('ticker', (_request, { principal }) => principal?.subject, { schedule: cron })
  await submit(filler)
  await another(true)
  await another(true)

  const tick = new Date('2020-01-01T00:00:00Z')
  const started = await Promise.all(
    [1, 2, 3].map(() => startTick(system.store, { ...ticker, operation: { ...ticker.operation, id: 'filler' } }, tick)),
  )
  t.equal(started.filter(Boolean).length, 1)

  const read = () =>
    database.query<{ created_at: Date; result: unknown }>(
      `SELECT created_at, result FROM "${database.schema}".task WHERE operation = 'ticker' ORDER BY created_at`,
    )
  let { rows } = await read()
  for (; rows.length < 3 || rows[0]?.result === null; { rows } = await read()) await pause(100)
  const ticks = rows.map(({ created_at }) => created_at.getTime())
  t.ok(rows.length <= 2 + ((ticks.at(-1) as number) - (ticks[0] as number)) / 1000, 'one task a second, and one that came late')
  t.equal(rows[0]?.result, 'system')
})

t.test('a moment of a schedule is not lost for a database that is away just then', async (t) => {
  const { database, define, submit, system } = await openTasks(t, false)
  await submit(define('other', () => null))
  const soon = new Date(Date.now() + 1500)
  const cron = parseCron(`${soon.getUTCSeconds()} * * * * *`)
  if (typeof cron === 'string') throw new Error(cron)
  const rare = { ...define('rare', () => null, { schedule: cron }), queue: 'other' }
  let tries = 0
  const transaction: typeof database.transaction = async (work) => {
    if (++tries === 1) throw new DatabaseUnavailable('it is away')
    return database.transaction(work)
  }
  const schedules = createSchedules({ ...system.store, database: { ...database, transaction } }, systemClock, log)
  t.teardown(schedules.stop)
  schedules.follow(new Map([['rare', rare]]))
  const count = async () =>
    (
      await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM "${database.schema}".task WHERE operation = 'rare'`,
      )
    ).rows[0]?.count
  while ((await count()) === 0) await pause(50)
  t.equal(tries, 2)
})

t.test('finished tasks are deleted with their logs when their time is over', async (t) => {
  const { database, define, submit, end, events, row } = await openTasks(t)
  const brief = define('brief', () => null, { retention: 0 })
  const kept = define('kept', () => null)
  const [first, second] = [await submit(brief), await submit(kept)]
  await end(first)
  await end(second)
  await deleteExpired(database)
  t.equal(await row(first), undefined)
  t.same(await events(first), [])
  t.equal((await row(second)).state, 'completed')
})

t.test('a process that is alone takes over at once what the one before it left', async (t) => {
  const { define, submit, end, system, another } = await openTasks(t, false)
  const left = define('left', () => 'done')
  const id = await submit(left)
  const gone = randomUUID()
  await renewLease(system.store, gone)
  await claimTasks(system.store, left, gone, 5)
  await another(true, true)
  t.match(await end(id), { state: 'completed', attempt: 2 })
})
