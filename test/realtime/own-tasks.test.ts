import { randomUUID } from 'node:crypto'
import t from 'tap'
import { watchOwnTasks } from '../../src/realtime/own-tasks.ts'
import { claimTasks } from '../../src/tasks/claim.ts'
import { cancelTask, findTask, retryTask } from '../../src/tasks/control.ts'
import { ownerOf } from '../../src/tasks/insert.ts'
import type { TaskStore } from '../../src/tasks/store.ts'
import type { TaskSystem } from '../../src/tasks/system.ts'
import { openTasks, pause, principal } from '../tasks/system.ts'

/** The same, but for some members. */
const like = <T extends object>(whole: T, changed: Partial<T>): T => Object.assign(Object.create(whole), changed)

for (const [what, known] of [
  ['missed', new Map([['it', 1]])],
  ['repeated', new Map<string, number>()],
] as const) {
  t.test(`what grows while a watch begins is not ${what}`, async (t) => {
    const { database, define, submit, end, system } = await openTasks(t)
    let grow = () => {}
    const steps = define(`steps-${what}`, (_request, { progress }) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      grow = () => void progress(0.5)
      finish = resolve
      return promise
    })
    let finish = () => {}
    const id = await submit(steps, { owner: what })
    await end(id, ({ state }) => state === 'active')

    // The task grows, and is told of, before the list of open tasks is read.
    const query = async (text: string, values?: unknown[]) => {
      if (text.includes("state IN ('queued'")) {
        const told = new Promise<void>((resolve) => {
          const forget = system.store.notifications.on('events', ({ taskId }) => {
            if (taskId !== id) return
            forget()
            resolve()
          })
        })
        grow()
        await told
        for (let i = 0; i < 5; i++) await findTask(database, database.schema, id)
      }
      return database.query(text, values)
    }
    const store = like(system.store, { database: like(database, { query } as never) })
    const tasks: TaskSystem = like(system, { store } as Partial<TaskSystem>)
    const after = new Map([...known].map(([, seq]) => [id, seq]))
    const seen: number[] = []
    const watching = await watchOwnTasks(
      tasks,
      principal(what),
      after,
      (events) => void seen.push(...events.map(({ seq }) => seq)),
    )
    t.teardown(watching.stop)
    finish()
    const { last_seq } = await end(id)
    while (seen.at(-1) !== last_seq) await new Promise(setImmediate)
    const first = (after.get(id) ?? watching.open[0]?.last_seq ?? 0) + 1
    t.same(
      seen,
      Array.from({ length: last_seq - first + 1 }, (_, index) => first + index),
    )
  })
}

t.test('a task that is started over misses no event, whichever notice comes first', async (t) => {
  const { define, submit, row, system } = await openTasks(t, false)
  const { store } = system
  const silent: TaskStore = { ...store, notifications: { ...store.notifications, events() {} } }
  const work = define('again', () => null)
  const id = await submit(work)
  await cancelTask(store, work, await row(id), 60_000)
  await pause(20)

  const seen: number[] = []
  const own = await watchOwnTasks(system, principal('ada'), new Map(), (events) => seen.push(...events.map(({ seq }) => seq)))
  t.teardown(own.stop)
  await retryTask(silent, work, await row(id))
  await claimTasks(silent, work, randomUUID(), 1)
  store.notifications.events(id, 4, 4, ownerOf(principal('ada')))
  while (!seen.includes(4)) await pause(10)
  t.same(seen, [3, 4])
})

t.test('what begins and ends while no notices come is found by looking, once', async (t) => {
  const { database, define, submit, end, row, system } = await openTasks(t)
  let gap = () => {}
  let later = 0
  const notifications = {
    ...system.store.notifications,
    on: () => () => {},
    onGap(listener: () => void) {
      gap = listener
      return () => {}
    },
  }
  const query = async (text: string, values?: unknown[]) =>
    text === 'SELECT clock_timestamp() AS now' ? { rows: [{ now: new Date(Date.now() + later) }] } : database.query(text, values)
  const store = { ...system.store, notifications, database: like(database, { query } as never) }
  const work = define('unheard', () => null)
  const before = await submit(work, { owner: 'unheard' })
  await end(before)
  await pause(20)
  const seen: [string, number][] = []
  const own = await watchOwnTasks(
    like(system, { store } as Partial<TaskSystem>),
    principal('unheard'),
    new Map(),
    (events) => void seen.push(...events.map(({ task_id, seq }): [string, number] => [task_id, seq])),
  )
  t.teardown(own.stop)
  const numbers = (id: string) => seen.filter(([task]) => task === id).map(([, seq]) => seq)

  const id = await submit(work, { owner: 'unheard' })
  await end(id)
  t.same(seen, [])
  gap()
  while (!numbers(id).includes(3)) await pause(10)

  // Its end is forgotten, and is not told again.
  later = 120_300
  gap()
  await pause(600)
  later = 0
  gap()
  await pause(100)
  await cancelTask(store, work, await row(id), 60_000)
  await database.query(`UPDATE "${database.schema}".task SET state = 'failed' WHERE id = $1`, [id])
  await retryTask(store, work, await row(id))
  await end(id)
  gap()
  while (!numbers(id).includes(6)) await pause(10)
  t.same(numbers(id), [1, 2, 3, 4, 5, 6])
  t.same(numbers(before), [])
})
