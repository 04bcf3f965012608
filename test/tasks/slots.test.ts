import { pino } from 'pino'
import t from 'tap'
import { createHeartbeat } from '../../src/tasks/heartbeat.ts'
import { recoverLostTasks, renewLease } from '../../src/tasks/lease.ts'
import { createOrphans } from '../../src/tasks/orphans.ts'
import { createSettle } from '../../src/tasks/settle.ts'
import { createSlots } from '../../src/tasks/slots.ts'
import { openTasks, pause } from './system.ts'

const log = pino({ level: 'silent' })
const worker = '00000000-0000-4000-8000-000000000001'

t.test('a process that takes a task on again does not take the lost attempt for the one that counts', async (t) => {
  const { database, define, submit, end, row, system } = await openTasks(t, false)
  const stopped: string[] = []
  const woundUp = Promise.withResolvers<void>()
  const enough = Promise.withResolvers<void>()
  const twice = define('twice', async (_request, { attempt, signal, progress }) => {
    signal.addEventListener('abort', () => stopped.push(`${attempt} ${signal.reason.name}`))
    if (attempt > 1) return enough.promise.then(() => 'right')
    while (!signal.aborted) {
      await pause(20)
      progress(Math.random())
    }
    return woundUp.promise
  })
  const quiet = define('quiet', async (_request, { attempt, signal }) => {
    signal.addEventListener('abort', () => stopped.push(`quiet ${attempt} ${signal.reason.name}`))
    return attempt > 1 ? enough.promise.then(() => 'right') : woundUp.promise
  })
  const ids = [await submit(twice), await submit(quiet)]
  const { store, definitions } = system
  const settle = createSettle(store, definitions)
  const slots = createSlots({ store, definitions, log, tracing: undefined, settle, worker })
  const orphans = createOrphans(store, definitions, () => 1000, log)
  const beat = createHeartbeat(store, definitions, settle, slots, orphans, worker, log)
  const fill = () => Promise.all([slots.fill(twice), slots.fill(quiet)])

  await fill()
  await database.query(`DELETE FROM "${database.schema}".task_worker`)
  await recoverLostTasks(store, definitions, settle, log)
  await renewLease(store, worker)
  await fill()
  t.equal(slots.running().length, 4, 'the lost attempts do not know it yet')
  while (stopped.length < 1) await pause(10)
  t.same(stopped, ['1 TaskLost'], 'whose reports are refused ends itself')
  await beat()
  t.same(stopped, ['1 TaskLost', 'quiet 1 TaskLost'], 'who reports nothing is told at the next beat')

  woundUp.resolve()
  while (slots.running().length > 2) await pause(10)
  await beat()
  await beat()
  for (const id of ids) t.match(await row(id), { state: 'active', attempt: 2 }, 'the attempts that count go on')
  let closed = false
  const closing = slots.close().then(() => {
    closed = true
  })
  await pause(100)
  t.notOk(closed, 'they are waited for')
  enough.resolve()
  await closing
  for (const id of ids) t.match(await end(id), { state: 'completed', attempt: 2, result: 'right' })
})

t.test('a cancel stops every attempt of its task', async (t) => {
  const { database, define, submit, system } = await openTasks(t, false)
  const stopped: string[] = []
  const deaf = define('deaf', (_request, { attempt, signal }) => {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        stopped.push(`${attempt} ${signal.reason.name}`)
        resolve(null)
      })
    })
  })
  const other = define('other', (_request, { signal }) => {
    signal.addEventListener('abort', () => stopped.push('other'))
    return pause(100)
  })
  const id = await submit(deaf)
  await submit(other)
  const { store, definitions } = system
  const settle = createSettle(store, definitions)
  const slots = createSlots({ store, definitions, log, tracing: undefined, settle, worker })
  await slots.fill(deaf)
  await database.query(`DELETE FROM "${database.schema}".task_worker`)
  await recoverLostTasks(store, definitions, settle, log)
  await slots.fill(deaf)
  await slots.fill(other)
  slots.cancel(id)
  await slots.close()
  t.same(stopped, ['1 TaskCancelled', '2 TaskCancelled'])
})
