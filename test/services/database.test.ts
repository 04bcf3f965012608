import { PgBoss } from 'pg-boss'
import t from 'tap'
import { DatabaseUnavailable } from '../../src/services/database.ts'
import { openTestDatabase, serverUrl } from '../database.ts'

const database = await openTestDatabase(t)
await database.query('CREATE TABLE account (id int PRIMARY KEY, name text UNIQUE)')
t.beforeEach(() => database.query('TRUNCATE account'))

async function names(): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>('SELECT name FROM account ORDER BY id')
  return rows.map(({ name }) => name)
}

t.test('values come out the same from both kinds', async (t) => {
  const { rows, rowCount } = await database.query(
    `SELECT 9007199254740991::int8 AS safe, 9007199254740993::int8 AS large, ARRAY[1, NULL]::int8[] AS list, 1.50::numeric AS exact,
            '{"a":[1]}'::jsonb AS json, '\\x00ff'::bytea AS bytes, '2024-02-29'::date AS day, '2024-02-29 10:00'::timestamp AS local,
            '2024-02-29 10:00+02'::timestamptz AS instant, true AS yes, 1.5::float8 AS real, NULL::text AS nothing, ARRAY['a,b'] AS texts`,
  )
  t.equal(rowCount, 1)
  t.same(rows, [
    {
      safe: 9007199254740991,
      large: '9007199254740993',
      list: [1, null],
      exact: '1.50',
      json: { a: [1] },
      bytes: Buffer.from([0, 255]),
      day: '2024-02-29',
      local: '2024-02-29 10:00:00',
      instant: new Date('2024-02-29T08:00:00Z'),
      yes: true,
      real: 1.5,
      nothing: null,
      texts: ['a,b'],
    },
  ])
})

t.test('values go in as parameters', async (t) => {
  const at = new Date('2024-03-01T00:00:00.123Z')
  const { rows } = await database.query(
    'SELECT $1::timestamptz AS at, $2::jsonb AS json, $3::bytea AS bytes, $4::text[] AS list, $5::int AS gone',
    [at, { deep: [true] }, Buffer.from('é'), ['a', 'b"c'], null],
  )
  t.same(rows, [{ at, json: { deep: [true] }, bytes: Buffer.from('é'), list: ['a', 'b"c'], gone: null }])
})

t.test('a statement that is to be prepared is, once for a session', async (t) => {
  const text = 'INSERT INTO account VALUES ($1, $2) RETURNING name'
  await database.transaction(async (tx) => {
    t.same((await tx.query(text, [1, 'ann'], { prepare: true })).rows, [{ name: 'ann' }])
    t.same((await tx.query(text, [2, 'bob'], { prepare: true })).rows, [{ name: 'bob' }])
    await tx.query('SELECT $1::int', [1])
    t.same((await tx.query('SELECT statement FROM pg_prepared_statements')).rows, [{ statement: text }])
  })
  await t.rejects(database.query(text, [1, 'eve'], { prepare: true }), { code: '23505' })
  t.same((await database.query(text, [3, 'eve'], { prepare: true })).rows, [{ name: 'eve' }], 'also after it has failed')
})

t.test('several statements in one text give the rows of all of them', async (t) => {
  const result = await database.query("INSERT INTO account VALUES (1, 'ann'); SELECT name FROM account; SELECT 2 AS two")
  t.same(result, { rows: [{ name: 'ann' }, { two: 2 }], rowCount: 1 })
})

t.test('a large answer arrives whole', async (t) => {
  const { rows } = await database.query<{ text: string }>("SELECT repeat('x', 3000000) AS text FROM generate_series(1, 3)")
  t.same(
    rows.map(({ text }) => text.length),
    [3_000_000, 3_000_000, 3_000_000],
  )
})

t.test('errors are those of Postgres, and the session is fine afterwards', async (t) => {
  await t.rejects(database.query('SELEC 1'), { code: '42601' })
  await t.rejects(database.query('SELECT $1::int', ['x']), { code: '22P02' })
  await database.query("INSERT INTO account VALUES (1, 'ann')")
  await t.rejects(database.query('INSERT INTO account VALUES ($1, $2)', [1, 'bob']), {
    code: '23505',
    constraint: 'account_pkey',
  })
  await t.rejects(database.query("BEGIN; INSERT INTO account VALUES (2, 'bob'); SELECT 1/0; COMMIT"), { code: '22012' })
  t.same(await names(), ['ann'])
})

t.test('runaway recursion is an error, not the end of the database', async (t) => {
  await database.query('CREATE FUNCTION deeper(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN deeper(n + 1); END $$')
  await t.rejects(database.query('SELECT deeper(1)'), { code: '54001' })
  t.same((await database.query('SELECT 1 AS one')).rows, [{ one: 1 }])
})

t.test('a transaction that a text left open is not inherited by the next query', async (t) => {
  await database.query("BEGIN; INSERT INTO account VALUES (1, 'ann')")
  t.same(await names(), [])
})

t.test('transactions commit or vanish as a whole', async (t) => {
  const result = await database.transaction(async (tx) => {
    await tx.query("INSERT INTO account VALUES (1, 'ann')")
    return 'done'
  })
  t.equal(result, 'done')
  const mine = new Error('mine')
  const refused = database.transaction(async (tx) => {
    await tx.query("INSERT INTO account VALUES (2, 'bob')")
    throw mine
  })
  await t.rejects(refused, mine)
  t.same(await names(), ['ann'])
})

t.test('a failed statement whose error was ignored fails the transaction', async (t) => {
  const careless = database.transaction(async (tx) => {
    await tx.query("INSERT INTO account VALUES (1, 'ann')")
    await tx.query('SELECT 1/0').catch(() => {})
  })
  await t.rejects(careless, { message: /rolled back/ })
  t.same(await names(), [])
})

t.test('transactions at the same time do not see into each other', async (t) => {
  const add = (id: number) =>
    database.transaction(async (tx) => {
      await tx.query('INSERT INTO account VALUES ($1, $2)', [id, `user ${id}`])
      const { rows } = await tx.query<{ count: number }>("SELECT count(*) FROM account WHERE name LIKE 'user%'")
      if (id % 2) throw new Error('odd')
      return rows[0]?.count
    })
  const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(add))
  t.same(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
  t.same(await names(), ['user 2', 'user 4', 'user 6'])
})

t.test('what would wait for itself is refused', async (t) => {
  await t.rejects(
    database.transaction(() => database.query('SELECT 1')),
    { message: /inside a transaction/ },
  )
  await t.rejects(
    database.transaction(() => database.transaction(async () => {})),
    { message: /inside a transaction/ },
  )
  const kept = await database.transaction(async (tx) => tx.query)
  await t.rejects(kept('SELECT 1'), { message: /has ended/ })
})

t.test('notifications reach every listener of the channel, whoever sends them', async (t) => {
  const heard: string[] = []
  const ends = await Promise.all([
    database.listen('News "1"', (payload) => heard.push(`a ${payload}`)),
    database.listen('News "1"', (payload) => heard.push(`b ${payload}`)),
    database.listen('other', (payload) => heard.push(`c ${payload}`)),
  ])
  const all = (count: number) => until(() => heard.length >= count)
  await database.notify('News "1"', 'one')
  await all(2)
  await database.query(`SELECT pg_notify('News "1"', 'two')`)
  await all(4)
  t.same(heard.toSorted(), ['a one', 'a two', 'b one', 'b two'])
  await Promise.all(ends.map((end) => end()))
  await database.notify('News "1"', 'three')
  await database.query('SELECT 1')
  t.equal(heard.length, 4)
})

t.test('a payload that Postgres would not take is refused', async (t) => {
  await t.rejects(database.notify('news', 'é'.repeat(4000)), { message: /8000 bytes/ })
  await database.notify('news', 'x'.repeat(7999))
})

t.test('pg-boss joins the transaction that it is called in', async (t) => {
  const boss = new PgBoss({ ...database.boss, schema: 'boss', supervise: false })
  boss.on('error', (error) => t.fail(error.message))
  t.teardown(() => boss.stop({ graceful: false }))
  await boss.start()
  await boss.createQueue('mail')
  // A second instance knows nothing of the queue: its look-up would wait for the session that the transaction holds.
  const other = new PgBoss({ ...database.boss, schema: 'boss', supervise: false })
  t.teardown(() => other.stop({ graceful: false }))
  await other.start()
  await database.transaction(async (tx) => {
    await other.send('mail', { to: 'ann' })
    await tx.query("INSERT INTO account VALUES (1, 'ann')")
  })
  await database
    .transaction(async () => {
      await boss.send('mail', { to: 'bob' })
      throw new Error('no')
    })
    .catch(() => {})
  const jobs = await boss.fetch<{ to: string }>('mail', { batchSize: 10 })
  t.same(
    jobs.map(({ data }) => data.to),
    ['ann'],
  )
})

t.test('start and stop may be called twice; a stopped database is unavailable', async (t) => {
  const own = await openTestDatabase(t)
  await own.start()
  t.match(await own.check(), { healthy: true })
  await Promise.all([own.stop(), own.stop()])
  t.match(await own.check(), { healthy: false, detail: 'the database does not answer' })
  await t.rejects(own.query('SELECT 1'), DatabaseUnavailable)
})

t.test('a database whose sessions are all taken is healthy as long as they come back', async (t) => {
  const own = await openTestDatabase(t, { poolSize: 1 })
  const holds = [1, 2].map(() => Promise.withResolvers<void>())
  const begun: number[] = []
  const transactions = holds.map((hold, index) =>
    own.transaction(async () => {
      begun.push(index)
      await hold.promise
    }),
  )
  await until(() => begun.length === 1)
  const check = own.check()
  holds[0]?.resolve()
  t.match(await check, { healthy: true })
  await until(() => begun.length === 2)
  holds[1]?.resolve()
  await Promise.all(transactions)
})

t.test('which kind it is', async (t) => {
  t.equal(database.kind, serverUrl === '' ? 'embedded' : 'postgres')
  t.same((await database.query('SHOW search_path')).rows, [{ search_path: 'public' }])
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
