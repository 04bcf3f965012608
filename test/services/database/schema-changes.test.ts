import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { planGateway } from '../../../src/gateway.ts'
import { testDatabasePlace } from '../../database.ts'
import { serve } from '../../gateway.ts'

const openapi = {
  openapi: '3.1.0',
  info: { title: 'Words', version: '1' },
  paths: { '/words': { get: { operationId: 'words', responses: { 200: { description: 'All' } } } } },
}
const handlers = `export const uses = ['database']
export const words = async (_request, { services }) => (await services.database.query('SELECT * FROM word ORDER BY id')).rows
`
const steps = {
  'migrations/001_words.sql': 'CREATE TABLE word (id int PRIMARY KEY); INSERT INTO word VALUES (1)',
  'migrations/002_texts.sql': "ALTER TABLE word ADD COLUMN text text NOT NULL DEFAULT 'one'; INSERT INTO word VALUES (2, 'two')",
}
const before = [{ id: 1 }]
const after = [
  { id: 1, text: 'one' },
  { id: 2, text: 'two' },
]

t.test('another version of a schema, over reloads and restarts on the same database', async (t) => {
  const place = await testDatabasePlace(t)
  const gateway = (database: object = {}) => ({
    log: { file: 'log.jsonl' },
    database: { ...place, migrations: './migrations', ...database },
    operations: { words: { access: 'public' } },
  })
  const files = { 'migrations/001_words.sql': steps['migrations/001_words.sql'] }
  const served = await serve(t, { openapi, gateway: gateway(), handlers, files })
  const words = async () => (await served.request('GET', '/words')).body
  async function reload(name: string, content: string | undefined) {
    if (content === undefined) rmSync(join(served.directory, name))
    else writeFileSync(join(served.directory, name), content)
    return served.gateway.reload()
  }

  await t.test('a reload', async (t) => {
    const broken = await reload('migrations/002_texts.sql', 'ALTER TABLE word ADD COLUMN more text; SELECT nothing')
    t.match(broken, { outcome: 'failed', error: /^migrations\/002_texts\.sql:1:47: the migration failed and was undone/ })
    t.same(await words(), before)
    t.match(await reload('migrations/002_texts.sql', steps['migrations/002_texts.sql']), { outcome: 'applied' })
    t.same(await words(), after)
    const unknown = /^the database has migrations of a newer version: 002_texts\.sql \(application\)/
    t.match(await reload('migrations/002_texts.sql', undefined), { outcome: 'failed', error: unknown })
    t.same(await words(), after)
  })

  await t.test(
    'settings of an embedded database',
    { skip: place.url !== '' && 'a server may be connected to twice' },
    async (t) => {
      const again = /^the data directory .* is open in this process, .* brings of 'database' counts from the next start;/
      writeFileSync(join(served.directory, 'migrations/002_texts.sql'), steps['migrations/002_texts.sql'])
      t.match(await reload('gateway.yaml', stringify(gateway({ schema: 'other' }))), { outcome: 'failed', error: again })
      t.same(await words(), after)
      t.match(await reload('gateway.yaml', stringify(gateway({ poolSize: 5 }))), { outcome: 'applied' }, 'it has no pool')
      t.same(await words(), after)
    },
  )

  await t.test('a restart', async (t) => {
    await served.gateway.stop()
    const restart = async () => (await planGateway({ directory: served.directory, port: 0, environment: {} })).start()
    rmSync(join(served.directory, 'migrations/002_texts.sql'), { force: true })
    await t.rejects(restart(), { message: /^the database has migrations of a newer version: 002_texts\.sql/ }, 'an older version')
    writeFileSync(join(served.directory, 'migrations/002_texts.sql'), 'SELECT 1')
    await t.rejects(restart(), { message: /002_texts\.sql was changed after it had been applied/ }, 'an edited one')
    writeFileSync(join(served.directory, 'migrations/002_texts.sql'), steps['migrations/002_texts.sql'])
    const gateway = await restart()
    t.teardown(() => gateway.stop())
    t.same(await (await fetch(`${gateway.url}/words`)).json(), after, 'nothing was lost by them')
  })
})
