import { pino } from 'pino'
import t from 'tap'
import { Problem, problem } from '../../src/errors.ts'
import { cancelTask, retryTask } from '../../src/tasks/control.ts'
import { listTasks } from '../../src/tasks/list.ts'
import type { TaskRow } from '../../src/tasks/rows.ts'
import type { TaskSystem } from '../../src/tasks/system.ts'
import { createWorker } from '../../src/tasks/worker.ts'
import { openTasks, outline, pause } from './system.ts'

t.test('a task runs to its end', async (t) => {
  const { define, submit, end, events } = await openTasks(t)
  const double = define('double', ({ body }, { progress }) => {
    progress(0.5, 'half\0way', { note: '\0' })
    return { twice: body * 2 }
  })
  const id = await submit(double, { body: 21 })
  const row = await end(id)
  t.match(row, { state: 'completed', result: { twice: 42 }, attempt: 1, progress: 1, message: 'halfway' })
  const log = await events(id)
  t.equal(outline(log), 'queued active progress completed')
  t.same(
    log.map(({ seq }) => seq),
    [1, 2, 3, 4],
  )
  t.match(log[2], { progress: 0.5, data: { message: 'halfway', data: { note: '\0' } } })
})

t.test('failed attempts', async (t) => {
  await t.test('are tried again, and the log says so', async (t) => {
    const { define, submit, end, events } = await openTasks(t)
    const flaky = define('flaky', (_request, { attempt }) => {
      if (attempt < 3) throw new Error('a secret of the database')
      return attempt
    })
    const id = await submit(flaky)
    t.match(await end(id), { state: 'completed', result: 3, attempt: 3 })
    const log = await events(id)
    t.equal(outline(log), 'queued active retrying queued active retrying queued active completed')
    t.notMatch(JSON.stringify(log), 'secret')
  })

  await t.test('are tried no more than they may be', async (t) => {
    const { define, submit, end } = await openTasks(t)
    const broken = define('broken', () => Promise.reject(new Error('no')), { retries: 1 })
    const id = await submit(broken)
    t.match(await end(id), { state: 'failed', attempt: 2, result: null, error: { code: 'internal_error', status: 500 } })
  })

  await t.test('end with whatever is thrown, even what cannot be looked at', async (t) => {
    const { define, submit, end } = await openTasks(t)
    const trap = () => {
      throw new Error('no')
    }
    const hostile = define('hostile', () => Promise.reject(new Proxy({}, { get: trap, getPrototypeOf: trap })), { retries: 0 })
    t.match(await end(await submit(hostile)), { state: 'failed', error: { code: 'internal_error' } })
  })

  await t.test('wait as the backoff says', async (t) => {
    const { define, submit, end, events, row } = await openTasks(t)
    const slow = define('slow', () => Promise.reject(new Error('no')), {
      backoff: { kind: 'exponential', delay: 60_000, max: 3_600_000, jitter: 0 },
    })
    const id = await submit(slow)
    t.match(await end(id, ({ state }) => state === 'retrying'), { attempt: 1 })
    t.match((await events(id)).at(-1), { data: { attempt: 1, delay_ms: 60_000 } })
    await pause(50)
    t.equal((await row(id)).attempt, 1)
  })

  await t.test('are final for refusals below 500 and for results that the document forbids', async (t) => {
    const { define, submit, end } = await openTasks(t)
    const refused = define('refused', () => problem('conflict', { detail: 'taken' }))
    const wrong = define('wrong', () => 'wrong')
    const bytes = define('bytes', () => Buffer.from('x'))
    const [first, second, third] = await Promise.all([submit(refused), submit(wrong), submit(bytes)])
    t.match(await end(first), { state: 'failed', attempt: 1, error: { code: 'conflict', status: 409, detail: 'taken' } })
    t.match(await end(second), { state: 'failed', attempt: 1, error: { code: 'invalid_response' } })
    t.match(await end(third), { state: 'failed', attempt: 1, error: { code: 'invalid_response' } })
  })

  await t.test('by timeout abort the signal with the reason', async (t) => {
    const { define, submit, end } = await openTasks(t)
    let reason: unknown
    const endless = define(
      'endless',
      (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(signal.reason)
          })
        }),
      { timeout: 20, retries: 0 },
    )
    t.match(await end(await submit(endless)), { state: 'failed', error: { code: 'timeout', status: 504 } })
    t.match(reason, { name: 'TimeoutError' })
  })
})

t.test('the signal stays quiet after a normal end', async (t) => {
  const { define, submit, end, system } = await openTasks(t)
  let signal: AbortSignal | undefined
  const quick = define('quick', (_request, context) => {
    signal = context.signal
    return null
  })
  await end(await submit(quick))
  await system.stop()
  t.equal(signal?.aborted, false)
})

const cancel = ({ store, definitions }: TaskSystem, task: TaskRow) =>
  cancelTask(store, definitions.get(task.operation), task, 60_000)

t.test('cancel', async (t) => {
  await t.test('ends a waiting task at once', async (t) => {
    const { database, define, submit, events, row, system } = await openTasks(t)
    const later = define('later', () => null, { delay: 60_000 })
    const id = await submit(later)
    t.match(await cancel(system, await row(id)), { state: 'cancelled' })
    t.equal(outline(await events(id)), 'queued cancelled')
    const again = await cancel(system, await row(id))
    t.ok(again instanceof Problem && again.status === 409)
    const { rows } = await database.query(`SELECT id FROM "${database.schema}_queue".job WHERE name = 'later'`)
    t.same(rows, [], 'its job is gone')
  })

  await t.test('tells a running handler, on whichever process it runs, and wins over its result', async (t) => {
    const { define, submit, end, events, row, system } = await openTasks(t)
    let reason: unknown
    const stubborn = define(
      'stubborn',
      (_request, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
            resolve('done all the same')
          })
        }),
    )
    const id = await submit(stubborn)
    await end(id, ({ state }) => state === 'active')
    t.match(await cancel(system, await row(id)), { state: 'active', cancel_requested: true })
    t.match(await end(id), { state: 'cancelled', result: null, error: null })
    t.match(reason, { name: 'TaskCancelled' })
    t.equal(outline(await events(id)), 'queued active active cancelled')
  })

  await t.test('can be taken back by starting over', async (t) => {
    const { define, submit, end, events, row, system } = await openTasks(t)
    let runs = 0
    const twice = define('twice', () => {
      if (++runs === 1) throw problem('conflict')
      return runs
    })
    const id = await submit(twice)
    await end(id)
    t.match(await retryTask(system.store, twice, await row(id)), { state: 'queued', error: null, max_attempts: 4 })
    t.match(await end(id), { state: 'completed', result: 2, attempt: 2 })
    t.equal(outline(await events(id)), 'queued active failed queued active completed')
    const completed = await retryTask(system.store, twice, await row(id))
    t.ok(completed instanceof Problem && completed.status === 409)
  })
})

t.test('what fails for good goes to its dead letter with request and error', async (t) => {
  const { database, define, submit, end } = await openTasks(t)
  let letter: any
  define('undertaker', ({ body }) => {
    letter = body
    return null
  })
  const doomed = define('doomed', () => Promise.reject(new Error('no')), { retries: 0, deadLetter: 'undertaker' })
  const id = await submit(doomed, { body: { some: 'input' } })
  await end(id)
  const { rows } = await database.query<{ id: string; owner: string }>(
    `SELECT id, owner FROM "${database.schema}".task WHERE operation = 'undertaker'`,
  )
  t.equal(rows[0]?.owner, 'bearerAuth:ada')
  await end(rows[0]?.id as string)
  t.match(letter, {
    task_id: id,
    operation: 'doomed',
    attempts: 1,
    error: { code: 'internal_error' },
    request: { body: { some: 'input' } },
  })
})

t.test('a result', async (t) => {
  await t.test('that is larger than the limit fails the task at once, and the message names the limit', async (t) => {
    const { define, submit, end } = await openTasks(t)
    const large = define('large', ({ body }) => 'é'.repeat(body), { resultLimit: 1000 })
    const toJSON = () => 'x'.repeat(2 ** 30)
    const endless = define('endless', () => ({ toJSON }))
    t.match(await end(await submit(large, { body: 499 })), { state: 'completed' })
    t.match(await end(await submit(large, { body: 500 })), {
      state: 'failed',
      attempt: 1,
      result: null,
      error: { code: 'result_too_large', status: 500, detail: /1002 bytes; the limit \(tasks.resultLimit\) is 1000 bytes/ },
    })
    t.match(await end(await submit(endless)), { attempt: 1, error: { code: 'result_too_large', detail: /more than 512 MB/ } })
  })

  for (const [name, error] of [
    ['a value that the database refuses', Object.assign(new Error('invalid'), { code: '22P05' })],
    ['a text that is too long for the engine', new RangeError('Invalid string length')],
    ['no memory, again and again', Object.assign(new Error('out of memory'), { code: '53200' })],
  ] as const) {
    await t.test(`that will never be stored fails the task at once: ${name}`, async (t) => {
      const { define, submit, end, events, system } = await openTasks(t, false)
      const work = define('unstored', (_request, { progress }) => {
        progress(0.5)
        return 'poison'
      })
      const { store, definitions } = system
      const { database } = store
      const query: typeof database.query = async (text, values, ...rest) => {
        if (JSON.stringify(values ?? []).includes('poison')) throw error
        return database.query(text, values, ...rest)
      }
      const worker = createWorker({
        store: { ...store, database: { ...database, query } },
        definitions,
        log: pino({ level: 'silent' }),
        tracing: undefined,
        alone: false,
        retention: () => 0,
      })
      t.teardown(() => worker.stop(0))
      const id = await submit(work)
      await worker.start()
      t.match(await end(id), { state: 'failed', attempt: 1, result: null, error: { code: 'result_not_stored' } })
      t.equal(outline(await events(id)), 'queued active progress failed')
    })
  }
})

t.test('a page of tasks ends where their results get too many, and the next goes on', async (t) => {
  const { define, submit, end, database } = await openTasks(t)
  const mib = 1024 * 1024
  const work = define('paged', ({ body }) => 'x'.repeat(body), { resultLimit: 20 * mib })
  const ids: string[] = []
  for (const size of [17, 6, 6, 6, 17, 0, 0, 0]) ids.unshift(await submit(work, { body: size * mib, owner: 'pat' }))
  for (const id of ids) await end(id)
  const filter = { owner: 'bearerAuth:pat', operation: undefined, states: [], limit: 4 }
  const pages: string[][] = []
  for (let before: string | undefined, more = true; more; before = pages.at(-1)?.at(-1)) {
    const page = await listTasks(database, database.schema, { ...filter, before })
    pages.push(page.tasks.map(({ id }) => id))
    more = page.more
  }
  t.same(pages.flat(), ids)
  t.same(
    pages.map(({ length }) => length),
    [3, 1, 2, 1, 1],
  )
  const exact = await listTasks(database, database.schema, { ...filter, before: ids[6], limit: 1 })
  t.match([exact.tasks.length, exact.more], [1, false])
  t.same(await listTasks(database, database.schema, { ...filter, before: ids[7] }), { tasks: [], more: false })
})
