/** Databases for tests: of the kind that the environment asks for (DATABASE_URL, else embedded), fresh, and gone after the test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import project from '../package.json' with { type: 'json' }
import { createEmbeddedConnection } from '../src/services/database/embedded-connection.ts'
import { createDatabase, type DatabaseOptions } from '../src/services/database.ts'
import { cacheDirectory, dropTemplates, seedCluster } from '../src/testing/cluster.ts'
import { createServerDatabase } from '../src/testing/database.ts'

/** The server that tests use, when they use one. */
export const serverUrl = process.env.DATABASE_URL ?? ''

const log = pino({ level: 'silent' })

/** A started database of its own for one test; `options` replace the defaults (no migrations, schema `gatefold`). */
export async function openTestDatabase(t: Test, options: Partial<DatabaseOptions> = {}) {
  const place = await testDatabasePlace(t)
  const migrations = { own: [], application: () => [] }
  const database = createDatabase({ ...place, poolSize: 5, schema: 'gatefold', migrations, log, ...options })
  t.teardown(() => database.stop())
  await database.start()
  return database
}

/** Values for the section `database` of a gateway's configuration: an empty database of the kind that the environment asks for. */
export async function testDatabasePlace(t: Test): Promise<{ url: string; dataDir: string }> {
  const dataDir = await testDataDirectory(t)
  if (serverUrl === '') return { url: '', dataDir }
  const { url, drop } = await createServerDatabase(serverUrl)
  t.teardown(drop)
  return { url, dataDir }
}

/** A data directory whose cluster is there already: copying it takes a tenth of a second, making one takes three. */
export async function testDataDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatefold-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  if (serverUrl === '') await seedDataDirectory(directory)
  return directory
}

/** Puts an empty cluster into a data directory that has none, so that the embedded database starts at once. */
export async function seedDataDirectory(directory: string): Promise<void> {
  const name = `empty-${project.dependencies['@electric-sql/pglite']}`
  await seedCluster(directory, cacheDirectory(import.meta.dirname), name, makeCluster)
}

async function makeCluster(directory: string): Promise<void> {
  const { start, sessions, stop } = createEmbeddedConnection(directory, log)
  await start()
  await dropTemplates(sessions).finally(stop)
}
