import { pino } from 'pino'
import t from 'tap'
import { createDatabase } from '../../src/services/database.ts'
import { type Migration, migrate } from '../../src/services/migrations.ts'
import { openTestDatabase, testDatabasePlace } from '../database.ts'

const one: Migration = {
  name: '001_one.sql',
  sql: 'CREATE TABLE note (id int);\nINSERT INTO note VALUES (1);',
  file: 'migrations/001_one.sql',
}
const two: Migration = { name: '002_two.sql', sql: 'ALTER TABLE note ADD text text', file: 'migrations/002_two.sql' }

function application(...migrations: Migration[]) {
  return [{ name: 'application', migrations, searchPath: ['public'] } as const]
}

t.test('each step runs once, in order; own tables lie in their schema, the application’s in public', async (t) => {
  const own = [{ name: 'tasks-001', sql: 'CREATE TABLE task (id int)' }]
  const database = await openTestDatabase(t, { schema: 'own', migrations: { own, application: () => [one] } })
  await migrate(database, 'own', application(one, two))
  await migrate(database, 'own', application(one, two))
  t.same((await database.query('SELECT * FROM public.note')).rows, [{ id: 1, text: null }])
  t.same((await database.query('SELECT * FROM own.task')).rows, [])
  const { rows } = await database.query('SELECT source, name FROM own.migration ORDER BY applied_at')
  t.same(rows, [
    { source: 'gatefold', name: 'tasks-001' },
    { source: 'application', name: '001_one.sql' },
    { source: 'application', name: '002_two.sql' },
  ])
  t.same((await database.query('SHOW search_path')).rows, [{ search_path: 'public' }])
})

t.test('a step that fails is undone and named with its line; those before it stay', async (t) => {
  const database = await openTestDatabase(t)
  const broken = {
    name: '002_two.sql',
    file: 'migrations/002_two.sql',
    sql: 'INSERT INTO note VALUES (2);\n-- é\nINSERT INTO not_there VALUES (1);',
  }
  await t.rejects(migrate(database, 'gatefold', application(one, broken)), {
    message: 'migrations/002_two.sql:3:13: the migration failed and was undone: relation "not_there" does not exist',
  })
  t.same((await database.query('SELECT * FROM note')).rows, [{ id: 1 }])
  await migrate(database, 'gatefold', application(one, two))
})

t.test('a step that was edited after it ran, and one that is unknown here, are refused', async (t) => {
  const database = await openTestDatabase(t)
  await migrate(database, 'gatefold', application(one, two))
  await t.rejects(migrate(database, 'gatefold', application({ ...one, sql: `${one.sql} ` }, two)), {
    message: /migrations\/001_one\.sql was changed after it had been applied/,
  })
  await t.rejects(migrate(database, 'gatefold', application(one)), { message: /newer version: 002_two\.sql \(application\)/ })
  await migrate(database, 'gatefold', application({ ...one, sql: one.sql.replaceAll('\n', '\r\n') }, two))
})

t.test('a step may not come before one that was applied', async (t) => {
  const database = await openTestDatabase(t)
  await migrate(database, 'gatefold', application(one))
  await t.rejects(migrate(database, 'gatefold', application({ name: '000_zero.sql', sql: 'SELECT 1' }, one)), {
    message: /000_zero\.sql comes before 001_one\.sql, which was applied already/,
  })
})

t.test('processes that start together migrate once', async (t) => {
  const database = await openTestDatabase(t)
  await Promise.all([1, 2, 3].map(() => migrate(database, 'gatefold', application(one, two))))
  t.same((await database.query('SELECT id FROM note')).rows, [{ id: 1 }])
})

t.test('a start whose migration fails lets go of everything', async (t) => {
  const { url, dataDir } = await testDatabasePlace(t)
  const create = (sql: string) =>
    createDatabase({
      url,
      poolSize: 2,
      schema: 'gatefold',
      dataDir,
      migrations: { own: [], application: () => [{ name: '001_one.sql', sql }] },
      log: pino({ level: 'silent' }),
    })
  const broken = create('SELECT 1/0')
  await t.rejects(broken.start(), { message: '001_one.sql: the migration failed and was undone: division by zero' })
  await broken.stop()
  const mended = create('SELECT 1')
  await mended.start()
  await mended.stop()
})
