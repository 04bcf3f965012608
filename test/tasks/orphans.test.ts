import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import t from 'tap'
import { claimTasks } from '../../src/tasks/claim.ts'
import { cancelTask } from '../../src/tasks/control.ts'
import { createHeartbeat } from '../../src/tasks/heartbeat.ts'
import { recoverLostTasks } from '../../src/tasks/lease.ts'
import { createOrphans } from '../../src/tasks/orphans.ts'
import { createSettle } from '../../src/tasks/settle.ts'
import { createSlots } from '../../src/tasks/slots.ts'
import { openTasks, outline } from './system.ts'

const log = pino({ level: 'silent' })

t.test('a lost attempt of an operation that is no task any more ends when no other worker takes it over', async (t) => {
  const { define, submit, row, events, database, system } = await openTasks(t, false)
  const gone = define('gone', () => null)
  const [failed, cancelled] = [await submit(gone), await submit(gone)]
  await claimTasks(system.store, gone, randomUUID(), 5)
  await cancelTask(system.store, undefined, await row(cancelled), 1000)
  const orphans = createOrphans(system.store, new Map(), () => 60_000, log)
  for (let beat = 0; beat < 9; beat++) await orphans.look()
  t.match(await row(failed), { state: 'active' }, 'a worker that knows the operation has its time')
  await orphans.look()
  t.match(await row(failed), { state: 'failed', error: { code: 'worker_lost', status: 503 } })
  t.match(await row(cancelled), { state: 'cancelled', error: null })
  t.match(outline(await events(failed)), 'queued active failed')
  t.match((await events(failed)).at(-1), { data: { error: { code: 'worker_lost' } } })
  const { rows } = await database.query<{ kept: boolean }>(
    `SELECT expires_at BETWEEN now() + interval '50 seconds' AND now() + interval '61 seconds' AS kept
     FROM "${database.schema}".task WHERE id = ANY($1::uuid[])`,
    [[failed, cancelled]],
  )
  t.same(rows, [{ kept: true }, { kept: true }], 'it expires like others')
})

t.test('lost attempts of known operations are not ended so, and not kept waiting by the others', async (t) => {
  const { define, submit, row, database, system } = await openTasks(t, false)
  const [known, unknown] = [define('known', () => null), define('unknown', () => null)]
  const id = await submit(known)
  const other = await submit(unknown)
  await claimTasks(system.store, known, randomUUID(), 5)
  await claimTasks(system.store, unknown, randomUUID(), 5)
  // More than are recovered at once, and before the known one.
  await database.query(
    `INSERT INTO "${database.schema}".task (id, operation, state, max_attempts, worker, run_at, priority, input, last_seq, request_id)
     SELECT gen_random_uuid(), 'unknown', 'active', 1, gen_random_uuid(), now(), 0, '{}', 1, '' FROM generate_series(1, 1500)`,
  )
  await database.query(`UPDATE "${database.schema}".task SET message = 'later' WHERE id = $1`, [id])
  const definitions = new Map([['known', known]])
  const orphans = createOrphans(system.store, definitions, () => 1000, log)
  for (let beat = 0; beat < 12; beat++) await orphans.look()
  t.match(await row(id), { state: 'active' })
  await recoverLostTasks(system.store, definitions, createSettle(system.store, definitions), log)
  t.match(await row(id), { state: 'retrying' })
  for (let beat = 0; beat < 12; beat++) await orphans.look()
  t.match(await row(other), { state: 'failed' })
  await database.query(`DELETE FROM "${database.schema}".task WHERE operation = 'unknown'`)
})

t.test('an attempt that a living worker has lost itself ends though its operation is no task any more', async (t) => {
  const { define, submit, row, system } = await openTasks(t, false)
  const stray = define('stray', () => null)
  const id = await submit(stray)
  const worker = randomUUID()
  await claimTasks(system.store, stray, worker, 5)
  const { store } = system
  const definitions = new Map()
  const settle = createSettle(store, definitions)
  const slots = createSlots({ store, definitions, log, tracing: undefined, settle, worker })
  const orphans = createOrphans(store, definitions, () => 1000, log)
  const beat = createHeartbeat(store, definitions, settle, slots, orphans, worker, log)
  await beat()
  t.match(await row(id), { state: 'active' })
  await beat()
  t.match(await row(id), { state: 'failed', error: { code: 'worker_lost' } })
})
