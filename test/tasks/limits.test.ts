import { pino } from 'pino'
import t from 'tap'
import { Problem } from '../../src/errors.ts'
import { cancelTask, retryTask } from '../../src/tasks/control.ts'
import { createWorker } from '../../src/tasks/worker.ts'
import { openTasks, pause } from './system.ts'

/** Counts how many run at once, for each owner. */
function counter() {
  const running = new Map<string, number>()
  const most = new Map<string, number>()
  const run = async (_request: unknown, { principal }: { principal: { subject: string } | undefined }) => {
    const { subject } = principal as { subject: string }
    const now = (running.get(subject) ?? 0) + 1
    running.set(subject, now)
    most.set(subject, Math.max(most.get(subject) ?? 0, now))
    await pause(5)
    running.set(subject, (running.get(subject) ?? 1) - 1)
    return null
  }
  return { run: run as never, most }
}

t.test('perOwner is never exceeded and holds nobody up for ever, over two processes', async (t) => {
  const { define, submit, end, another } = await openTasks(t)
  const { run, most } = counter()
  const limited = define('limited', run, { perOwner: { active: 1, queued: 1000 }, concurrency: 5 })
  await submit(limited)
  await another(true)
  const owners = Array.from({ length: 40 }, (_, i) => ['ada', 'bob', 'eve'][i % 3] as string)
  const ids = await Promise.all(owners.map((owner) => submit(limited, { owner })))
  const ends = await Promise.all(ids.map((id) => end(id)))
  t.ok(ends.every(({ state, attempt }) => state === 'completed' && attempt === 1))
  t.same(Object.fromEntries(most), { ada: 1, bob: 1, eve: 1 })
})

t.test('a cancelled task gives its place in the row to the next', async (t) => {
  const { define, submit, end, row, system } = await openTasks(t)
  const gates: (() => void)[] = []
  const gated = define('gated', () => new Promise<void>((resolve) => gates.push(resolve)), {
    perOwner: { active: 1, queued: 1000 },
  })
  const [first, second, third] = [await submit(gated), await submit(gated), await submit(gated)]
  await end(first, ({ state }) => state === 'active')
  await cancelTask(system.store, gated, await row(second), 1000)
  gates[0]?.()
  await end(third, ({ state }) => state === 'active')
  gates[1]?.()
  t.match(await end(third), { state: 'completed' })
})

t.test('concurrency is what one process runs at once', async (t) => {
  const { define, submit, end } = await openTasks(t)
  const { run, most } = counter()
  const two = define('two', run, { concurrency: 2 })
  const ids = await Promise.all(Array.from({ length: 12 }, () => submit(two)))
  for (const id of ids) await end(id)
  t.equal(most.get('ada'), 2)
})

t.test('higher priorities start first', async (t) => {
  const { define, submit, end, system } = await openTasks(t, false)
  const started: unknown[] = []
  const run = ({ body }: { body?: unknown }) => {
    started.push(body)
    return null
  }
  const low = define('mixed', run as never, { concurrency: 1 })
  const high = { ...low, options: { ...low.options, priority: 5 } }
  const ids = [await submit(low, { body: 'low' }), await submit(high, { body: 'high' }), await submit(low, { body: 'low too' })]
  const { store, definitions } = system
  const worker = createWorker({
    store,
    definitions,
    log: pino({ level: 'silent' }),
    tracing: undefined,
    alone: false,
    retention: () => 1000,
  })
  t.teardown(() => worker.stop(0))
  await worker.start()
  for (const id of ids) await end(id)
  t.same(started, ['high', 'low', 'low too'])
})

t.test('a full queue refuses', async (t) => {
  await t.test('by maxQueued with 503, exactly', async (t) => {
    const { define, trySubmit } = await openTasks(t, false)
    const full = define('full', () => null, { maxQueued: 5 })
    await trySubmit(full)
    const answers = await Promise.all(Array.from({ length: 9 }, () => trySubmit(full)))
    const refused = answers.filter((answer) => answer instanceof Problem)
    t.equal(refused.length, 5)
    t.match(refused[0], { code: 'overloaded', status: 503, headers: { 'retry-after': /^\d+$/ } })
  })

  await t.test('by perOwner.queued with 429, for that owner only', async (t) => {
    const { define, trySubmit } = await openTasks(t, false)
    const shared = define('shared', () => null, { perOwner: { active: 1, queued: 2 } })
    await trySubmit(shared)
    await trySubmit(shared)
    t.match(await trySubmit(shared), { code: 'rate_limited', status: 429, headers: { 'retry-after': /^\d+$/ } })
    t.notOk((await trySubmit(shared, { owner: 'bob' })) instanceof Problem)
  })

  await t.test('a task that is started over as it would a new one', async (t) => {
    const { define, submit, row, system } = await openTasks(t, false)
    const again = define('again', () => null, { perOwner: { active: 1, queued: 1 } })
    const first = await submit(again)
    await cancelTask(system.store, again, await row(first), 60_000)
    const second = await submit(again)
    t.match(await retryTask(system.store, again, await row(first)), { code: 'rate_limited', status: 429 })
    t.match(await row(first), { state: 'cancelled' })
    await cancelTask(system.store, again, await row(second), 60_000)
    t.match(await retryTask(system.store, again, await row(first)), { state: 'queued' })
  })

  await t.test('without using up the idempotency key', async (t) => {
    const { define, trySubmit, row, system } = await openTasks(t, false)
    const small = define('small', () => null, { maxQueued: 1 })
    const { id } = (await trySubmit(small)) as { id: string }
    t.match(await trySubmit(small, { key: 'k' }), { code: 'overloaded' })
    await cancelTask(system.store, small, await row(id), 1000)
    t.match(await trySubmit(small, { key: 'k', body: 'another' }), { fresh: true })
  })
})

t.test('idempotency keys', async (t) => {
  const { define, trySubmit, database } = await openTasks(t, false)
  const once = define('once', () => null)
  const other = define('other', () => null)
  const first = (await trySubmit(once, { key: 'a', body: { x: 1, y: [2] } })) as { id: string; fresh: boolean }
  t.equal(first.fresh, true)
  t.same(await trySubmit(once, { key: 'a', body: { y: [2], x: 1 } }), { id: first.id, fresh: false })
  t.match(await trySubmit(once, { key: 'a', body: { x: 2 } }), { code: 'idempotency_key_reused', status: 422 })
  t.match(await trySubmit(once, { key: 'a', owner: 'bob', body: { x: 2 } }), { fresh: true }, 'keys are each caller’s own')
  t.match(await trySubmit(other, { key: 'a' }), { fresh: true }, 'and each operation’s own')

  const both = await Promise.all([trySubmit(once, { key: 'b' }), trySubmit(once, { key: 'b' })])
  t.match(both[1], { code: 'idempotency_in_flight', status: 409 })

  await database.query(`UPDATE "${database.schema}".task_idempotency SET expires_at = now() - interval '1 second'`)
  t.match(await trySubmit(once, { key: 'a', body: 'new' }), { fresh: true }, 'expired keys are free')
})
