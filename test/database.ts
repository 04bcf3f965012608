/** Databases for tests: of the kind that the environment asks for (DATABASE_URL, else embedded), fresh, and gone after the test. */
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import type { Test } from 'tap'
import project from '../package.json' with { type: 'json' }
import { clusterName, createEmbedded } from '../src/services/database/embedded.ts'
import { createDatabase, type DatabaseOptions } from '../src/services/database.ts'

/** The server that tests use, when they use one. */
export const serverUrl = process.env.DATABASE_URL ?? ''

const cache = join(import.meta.dirname, '../node_modules/.cache/gatefold')
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
  return { url: serverUrl === '' ? '' : await createServerDatabase(t), dataDir }
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
  copyDirectory(await clusterTemplate(), join(directory, clusterName))
}

/** For a thousand small files half as long as node:fs' own cpSync. */
function copyDirectory(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyDirectory(join(from, entry.name), join(to, entry.name))
    else copyFileSync(join(from, entry.name), join(to, entry.name), constants.COPYFILE_FICLONE)
  }
}

/** Made once for each version of PGlite and kept beside the installed packages. */
async function clusterTemplate(): Promise<string> {
  const template = join(cache, `cluster-${project.dependencies['@electric-sql/pglite']}`)
  // Renamed into its place when it is complete: what is there can be used.
  if (!existsSync(template)) await createTemplate(template)
  return template
}

async function createTemplate(template: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const unfinished = await mkdtemp(join(cache, 'unfinished-'))
  try {
    const embedded = createEmbedded(unfinished, log)
    await embedded.start()
    await embedded.stop()
    // Another test process may have been quicker.
    await rename(join(unfinished, clusterName), template).catch((error) => {
      if (!existsSync(template)) throw error
    })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function createServerDatabase(t: Test): Promise<string> {
  const name = `gatefold_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  await onServer(`CREATE DATABASE ${name}`)
  t.teardown(() => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

async function onServer(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
