import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createEmbedded } from '../../../src/services/database/embedded.ts'
import { openSessions } from '../../../src/services/database/sessions.ts'
import { createDatabase, DatabaseUnavailable } from '../../../src/services/database.ts'
import { seedDataDirectory } from '../../database.ts'

// Some twenty starts of a database, one of them from nothing.
t.setTimeout(300_000)

const log = pino({ level: 'silent' })

async function emptyDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatefold-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function seededDirectory(t: Test): Promise<string> {
  const directory = await emptyDirectory(t)
  await seedDataDirectory(directory)
  return directory
}

function databaseIn(dataDir: string) {
  return createDatabase({
    url: '',
    poolSize: 1,
    schema: 'gatefold',
    dataDir,
    migrations: { own: [], application: () => [] },
    log,
  })
}

t.test('kill -9 loses nothing that was acknowledged', async (t) => {
  const directory = await seededDirectory(t)
  let acknowledged = 0
  for (let round = 1; round <= 3; round++) {
    acknowledged = await writeUntilKilled(directory, 100)
    const database = databaseIn(directory)
    await database.start()
    const { rows } = await database.query(
      'SELECT count(*), max(id), count(*) FILTER (WHERE length(text) <> id % 500 + 1) AS torn FROM entry',
    )
    const { count, max, torn } = rows[0] as { count: number; max: number; torn: number }
    t.ok(max >= acknowledged, `${acknowledged} were acknowledged, the last one found is ${max}`)
    t.equal(count, max, 'none is missing in between')
    t.equal(torn, 0, 'transactions are there as a whole')
    await database.stop()
  }
})

/** Starts a writer, kills it after it has acknowledged `rows` more rows; the last number that it acknowledged. */
async function writeUntilKilled(directory: string, rows: number): Promise<number> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/writer.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(writer, 'exit')
  let printed = ''
  let lines = 0
  for await (const chunk of writer.stdout) {
    printed += chunk
    lines += String(chunk).split('\n').length - 1
    if (lines >= rows) writer.kill('SIGKILL')
  }
  await exited
  return Number(printed.split('\n').at(-2))
}

t.test('a second gateway on the same directory is kept out and told why', async (t) => {
  const directory = await seededDirectory(t)
  const first = databaseIn(directory)
  await first.start()
  const second = databaseIn(directory)
  await t.rejects(second.start(), { message: 'is open in this process' })
  await second.stop()
  t.same((await first.query('SELECT 1 AS one')).rows, [{ one: 1 }])
  await first.stop()
  const third = databaseIn(directory)
  await third.start()
  await third.stop()
})

t.test('a statement that never ends costs itself and what waits, then the database is back', async (t) => {
  const embedded = createEmbedded(await seededDirectory(t), log, 3000)
  await embedded.start()
  const pool = new pg.Pool({
    stream: embedded.stream,
    max: 1,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: 60_000,
  })
  pool.on('error', () => {})
  t.teardown(async () => {
    await pool.end()
    await embedded.stop()
  })
  const sessions = openSessions(pool)
  await sessions.query('CREATE TABLE kept AS SELECT 1 AS one')
  await t.rejects(sessions.query('SELECT count(*) FROM generate_series(1, 100000000000)'), DatabaseUnavailable)
  await t.rejects(sessions.query('SELECT 1'), { name: 'DatabaseUnavailable', message: /being restarted/ })
  for (;;) {
    const result = await sessions.query('SELECT one FROM kept').catch((error) => error)
    if (result instanceof DatabaseUnavailable) await new Promise((resolve) => setTimeout(resolve, 20))
    else {
      t.same(result.rows, [{ one: 1 }])
      break
    }
  }
})

t.test('a transaction that waits for something else gives the session back', async (t) => {
  const embedded = createEmbedded(await seededDirectory(t), log)
  await embedded.start()
  const pool = new pg.Pool({ stream: embedded.stream, max: 1, user: 'postgres', database: 'postgres' })
  t.teardown(async () => {
    await pool.end()
    await embedded.stop()
  })
  const sessions = openSessions(pool, 50)
  await sessions.query('CREATE TABLE kept (id int)')
  const stuck = sessions.transaction(async (tx) => {
    await tx.query('INSERT INTO kept VALUES (1)')
    await new Promise(() => {})
  })
  const next = sessions.query('SELECT * FROM kept')
  await t.rejects(stuck, { message: /rolled back: it ran no statement for 0\.05 s/ })
  t.same((await next).rows, [])
})

t.test('a first start that was interrupted is begun anew', async (t) => {
  const directory = await emptyDirectory(t)
  mkdirSync(join(directory, 'database.unfinished'))
  writeFileSync(join(directory, 'database.unfinished/PG_VERSION'), '18\n')
  const database = databaseIn(directory)
  await database.start()
  t.same((await database.query('SHOW shared_buffers')).rows, [{ shared_buffers: '16MB' }])
  await database.stop()
  t.notOk(existsSync(join(directory, 'database.unfinished')))
})

t.test('files of another version of Postgres are refused with its own words, and nothing is left locked', async (t) => {
  const directory = await seededDirectory(t)
  writeFileSync(join(directory, 'database/PG_VERSION'), '9\n')
  const database = databaseIn(directory)
  await t.rejects(database.start(), { message: /could not be started.*version 9/s })
  await database.stop()
  writeFileSync(join(directory, 'database/PG_VERSION'), '18\n')
  const again = databaseIn(directory)
  await again.start()
  await again.stop()
})

t.test('nothing is touched before start', async (t) => {
  const directory = join(await emptyDirectory(t), 'data')
  await databaseIn(directory).stop()
  t.notOk(existsSync(directory))
})

t.test('a directory that cannot be used is named', async (t) => {
  const directory = await emptyDirectory(t)
  writeFileSync(join(directory, 'file'), '')
  mkdirSync(join(directory, 'taken/lock'), { recursive: true })
  for (const [name, why] of [
    ['file', /^database\.dataDir '.*\/file' cannot be made: /],
    ['taken', /^database\.dataDir '.*\/taken' cannot be used: /],
  ] as const) {
    await t.rejects(databaseIn(join(directory, name)).start(), { message: why })
  }
})
