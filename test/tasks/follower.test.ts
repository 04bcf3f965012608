import { pino } from 'pino'
import t from 'tap'
import { createFollower } from '../../src/tasks/follower.ts'
import { createNotifications } from '../../src/tasks/notifications.ts'
import type { TaskEvent } from '../../src/tasks/states.ts'
import { openTasks, pause } from './system.ts'

const log = pino({ level: 'silent' })

t.test('every follower gets every event once and in order, from its own cursor on', async (t) => {
  const { define, submit, end, events, system } = await openTasks(t)
  const noisy = define('noisy', async (_request, { progress, log }) => {
    for (let i = 0; i < 60; i++) {
      progress(i / 60, `step ${i}`)
      log.info(`line ${i}`)
      await pause(5)
    }
    return null
  })
  const id = await submit(noisy)
  const received = new Map<number, number[]>()
  for (let joined = 0; joined < 10; joined++) {
    const seen: number[] = []
    received.set(joined, seen)
    system.follower.follow(id, joined, (fresh) => seen.push(...fresh.map(({ seq }) => seq)))
    await pause(20)
  }
  const { last_seq } = await end(id)
  await pause(100)
  for (const [joined, seen] of received) {
    t.same(
      seen,
      Array.from({ length: last_seq - joined }, (_, i) => joined + 1 + i),
      `after ${joined}`,
    )
  }
  const lines = (await events(id)).filter(({ type }) => type === 'log').map(({ data }) => (data as { message: string }).message)
  t.same(
    lines,
    Array.from({ length: 60 }, (_, i) => `line ${i}`),
  )
})

t.test('progress is thinned out, and the last report is never lost', async (t) => {
  const { define, submit, end, events } = await openTasks(t)
  const busy = define('busy', async (_request, { progress }) => {
    for (let i = 1; i <= 1000; i++) {
      progress(i / 1000, `step ${i}`)
      if (i % 100 === 0) await pause(50)
    }
    return null
  })
  const id = await submit(busy)
  t.equal((await end(id)).message, 'step 1000')
  const reports = (await events(id)).filter(({ type }) => type === 'progress')
  t.ok(reports.length <= 6, `${reports.length} reports in half a second`)
  t.match((await events(id)).slice(-2), [{ progress: 1, data: { message: 'step 1000' } }, { status: 'completed' }])
})

t.test('events whose notification was lost are found by looking', async (t) => {
  const { database, define, submit, system } = await openTasks(t)
  const deaf = createNotifications(database, log)
  const follower = createFollower(database, deaf, log)
  await follower.start()
  t.teardown(() => follower.stop())
  const quiet = define('quiet', () => null)
  const id = await submit(quiet)
  const seen: TaskEvent[] = []
  follower.follow(id, 0, (fresh) => seen.push(...fresh))
  while (seen.at(-1)?.status !== 'completed') await pause(20)
  t.same(
    seen.map(({ seq }) => seq),
    [1, 2, 3],
  )
  t.ok(system)
})
