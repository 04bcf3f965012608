import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { createRounds } from '../../src/tasks/rounds.ts'
import { openTasks, outline, pause } from './system.ts'

const key = {}
const sizeOf = () => 1

t.test('what comes while a round is under way shares the next', async (t) => {
  const rounds: number[][] = []
  let onBegin = () => {}
  let release = Promise.resolve()
  const double = createRounds<object, number, number>(async (_key, items) => {
    rounds.push([...items])
    onBegin()
    await release
    return items.map((item) => item * 2)
  }, sizeOf)
  const begun = new Promise<void>((resolve) => {
    onBegin = resolve
  })
  const gate = Promise.withResolvers<void>()
  release = gate.promise
  const first = double(key, 1)
  await begun
  const others = [double(key, 2), double(key, 3)]
  gate.resolve()
  t.same(await Promise.all([first, ...others]), [2, 4, 6])
  t.same(rounds, [[1], [2, 3]])
  t.equal(await double(key, 4), 8, 'an idle one begins anew')

  rounds.length = 0
  await Promise.all(Array.from({ length: 60 }, (_, item) => double(key, item)))
  t.same(
    rounds.map(({ length }) => length),
    [50, 10],
  )
})

t.test('what is large has a round of its own', async (t) => {
  const rounds: number[][] = []
  const work = createRounds<object, number, number>(
    async (_key, items) => {
      rounds.push([...items])
      return items
    },
    (kilobytes) => kilobytes * 1024,
  )
  await Promise.all([1, 300, 100, 150, 20, 400].map((kilobytes) => work(key, kilobytes)))
  t.same(rounds, [[1], [300], [100, 150], [20], [400]])
})

t.test('a round runs in the context of the first that shares it', async (t) => {
  const caller = new AsyncLocalStorage<string>()
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const begun = Promise.withResolvers<void>()
  let rounds = 0
  const whoseRound = createRounds<object, number, string | undefined>(async (_key, items) => {
    begun.resolve()
    await gates[rounds++]?.promise
    return items.map(() => caller.getStore())
  }, sizeOf)
  const first = caller.run('ann', () => whoseRound(key, 1))
  await begun.promise
  const others = ['bob', 'eve'].map((name) => caller.run(name, () => whoseRound(key, 2)))
  for (const { resolve } of gates) resolve()
  t.same(await Promise.all([first, ...others]), ['ann', 'bob', 'bob'])
})

t.test('other keys do not wait', async (t) => {
  const stuck = {}
  const work = createRounds<object, number, number>(
    (key, items) => (key === stuck ? new Promise(() => {}) : Promise.resolve([...items])),
    sizeOf,
  )
  void work(stuck, 1)
  t.equal(await work(key, 2), 2)
})

t.test('a round that fails', async (t) => {
  const rounds: number[][] = []
  const failing = (code: string) =>
    createRounds<object, number, number>(async (_key, items) => {
      rounds.push([...items])
      if (items.includes(2)) throw Object.assign(new Error('no'), { code })
      return items
    }, sizeOf)

  await t.test('for the fault of one is repeated for each alone', async (t) => {
    const work = failing('22021')
    const [first, second, third] = await Promise.allSettled([work(key, 1), work(key, 2), work(key, 3)])
    t.match(first, { value: 1 })
    t.match(second, { status: 'rejected', reason: { code: '22021' } })
    t.match(third, { value: 3 })
  })

  await t.test('for any other reason fails for all', async (t) => {
    rounds.length = 0
    const work = failing('40P01')
    const outcomes = await Promise.allSettled([work(key, 1), work(key, 2)])
    t.match(outcomes, [{ status: 'rejected' }, { status: 'rejected' }])
    t.equal(rounds.length, 1)
    t.equal(await work(key, 3), 3, 'and the next one goes on')
  })
})

t.test('tasks that are taken in together', async (t) => {
  await t.test('do not fail with one that Postgres cannot keep', async (t) => {
    const { define, trySubmit, end } = await openTasks(t)
    const together = define('together', ({ body }) => body)
    const [good, bad, other] = await Promise.allSettled([
      trySubmit(together, { body: 1 }),
      trySubmit(together, { body: 2, owner: 'a\0b' }),
      trySubmit(together, { body: 3 }),
    ])
    t.match(bad, { status: 'rejected' })
    for (const [outcome, result] of [
      [good, 1],
      [other, 3],
    ] as const) {
      t.match(outcome, { value: { fresh: true } })
      t.match(await end((outcome as PromiseFulfilledResult<{ id: string }>).value.id), { state: 'completed', result })
    }
  })
})

t.test('attempts that end in the same moment keep their own results, logs and attempts', async (t) => {
  const { define, submit, end, events } = await openTasks(t)
  const gate = Promise.withResolvers<void>()
  const letters: unknown[] = []
  define('mourner', ({ body }) => void letters.push(body.request.body))
  const burst = define(
    'burst',
    async ({ body }, { log, attempt }) => {
      await gate.promise
      for (let line = 0; line < body; line++) log.info(`line ${line} of ${body}`)
      if (body % 3 === 1 && attempt === 1) throw new Error('once')
      if (body % 3 === 2) throw new Error('always')
      return `result "${body}" \0`
    },
    { concurrency: 12, retries: 1, deadLetter: 'mourner' },
  )
  const ids = await Promise.all(Array.from({ length: 12 }, (_, body) => submit(burst, { body })))
  for (const id of ids) await end(id, ({ state }) => state === 'active')
  gate.resolve()

  const endings = [
    (lines: string) => ({ state: 'completed', attempt: 1, log: `queued active${lines} completed` }),
    (lines: string) => ({
      state: 'completed',
      attempt: 2,
      log: `queued active${lines} retrying queued active${lines} completed`,
    }),
    (lines: string) => ({ state: 'failed', attempt: 2, log: `queued active${lines} retrying queued active${lines} failed` }),
  ]
  for (const [body, id] of ids.entries()) {
    const { state, attempt, log } = (endings[body % 3] as (typeof endings)[0])(' log'.repeat(body))
    const row = await end(id)
    t.match(row, { state, attempt, ...(state === 'completed' && { result: `result "${body}" \0` }) })
    const found = await events(id)
    t.equal(outline(found), log)
    t.same(
      found.map(({ seq }) => seq),
      found.map((_, index) => index + 1),
    )
    t.same(
      found.filter(({ type }) => type === 'log').map(({ data }) => (data as { message: string }).message),
      Array.from({ length: row.attempt }, () => Array.from({ length: body }, (_, line) => `line ${line} of ${body}`)).flat(),
    )
  }
  while (letters.length < 4) await pause(10)
  t.same(letters.toSorted(), [11, 2, 5, 8])
})
