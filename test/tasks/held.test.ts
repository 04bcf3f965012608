import { randomUUID } from 'node:crypto'
import t from 'tap'
import { claimTasks } from '../../src/tasks/claim.ts'
import type { TaskDefinition, TaskOptions } from '../../src/tasks/definition.ts'
import { releaseHeldTasks } from '../../src/tasks/held.ts'
import { openTasks } from './system.ts'

t.test('tasks that are held back although nothing holds them are released', async (t) => {
  const { database, define, submit, system } = await openTasks(t, false)
  const limited = define('limited', () => null, { perOwner: { active: 1, queued: 10 } })
  const [first, second] = [await submit(limited), await submit(limited)]
  const { tasks } = await claimTasks(system.store, limited, randomUUID(), 5)
  t.same(
    tasks.map(({ id }) => id),
    [first],
    'the second is held back',
  )
  await database.query(`DELETE FROM "${database.schema}".task WHERE id = $1`, [first])
  await releaseHeldTasks(system.store, system.definitions)
  const later = await claimTasks(system.store, limited, randomUUID(), 5)
  t.same(
    later.tasks.map(({ id }) => id),
    [second],
  )
})

/** The same operation after an edit of gateway.yaml. */
function edit(definition: TaskDefinition, perOwner: TaskOptions['perOwner']) {
  const edited = { ...definition, options: { ...definition.options, perOwner } }
  return { edited, definitions: new Map([[definition.operation.id, edited]]) }
}

t.test('a limit that is gone holds nothing back', async (t) => {
  const { database, define, submit, system } = await openTasks(t, false)
  const freed = define('freed', () => null, { perOwner: { active: 1, queued: 5000 } })
  await submit(freed)
  await database.query(
    `INSERT INTO "${database.schema}".task
       (id, operation, owner, state, max_attempts, run_at, priority, input, last_seq, request_id, held)
     SELECT gen_random_uuid(), 'freed', 'a:' || n % 3, 'queued', 1, now(), 0, '{}', 1, '', true FROM generate_series(1, 1200) AS n`,
  )
  const { edited, definitions } = edit(freed, undefined)
  await releaseHeldTasks(system.store, definitions)
  t.equal((await claimTasks(system.store, edited, randomUUID(), 2000)).tasks.length, 1201)
})

t.test('a limit that was raised is used up at once, and not exceeded', async (t) => {
  const { define, submit, system } = await openTasks(t, false)
  const raised = define('raised', () => null, { perOwner: { active: 1, queued: 100 } })
  for (let i = 0; i < 6; i++) for (const owner of ['ada', 'bob']) await submit(raised, { owner })
  const claim = async (definition: TaskDefinition) => {
    const { tasks } = await claimTasks(system.store, definition, randomUUID(), 100)
    return tasks.map(({ owner }) => owner).sort()
  }
  t.same(await claim(raised), ['bearerAuth:ada', 'bearerAuth:bob'])
  await releaseHeldTasks(system.store, system.definitions)
  t.same(await claim(raised), [], 'before the edit nothing more is due')
  const { edited, definitions } = edit(raised, { active: 3, queued: 100 })
  await releaseHeldTasks(system.store, definitions)
  await releaseHeldTasks(system.store, definitions)
  t.same(await claim(edited), ['bearerAuth:ada', 'bearerAuth:ada', 'bearerAuth:bob', 'bearerAuth:bob'])
  await releaseHeldTasks(system.store, definitions)
  t.same(await claim(edited), [])
})
