import { createHash } from 'node:crypto'
import pg from 'pg'
import { pino } from 'pino'
import manifest from '../../package.json' with { type: 'json' }
import { createDatabase } from '../services/database.ts'
import { ownMigrations } from '../services/own-migrations.ts'
import { createQueue } from '../services/queue.ts'
import { cacheDirectory, dropTemplates, seedCluster } from './cluster.ts'

/** Puts an embedded database that has Gatefold's own tables already into a data directory. */
export async function seedDatabase(dataDir: string, project: string, schema: string): Promise<void> {
  const { '@electric-sql/pglite': pglite, 'pg-boss': boss } = manifest.dependencies
  const made = createHash('sha256')
    .update(JSON.stringify([pglite, boss, schema, ownMigrations]))
    .digest('hex')
  await seedCluster(dataDir, cacheDirectory(project), `tables-${made.slice(0, 16)}`, (unfinished) => migrate(unfinished, schema))
}

async function migrate(dataDir: string, schema: string): Promise<void> {
  const log = pino({ level: 'silent' })
  const migrations = { own: ownMigrations, application: () => [] }
  const database = createDatabase({ url: '', poolSize: 1, schema, dataDir, migrations, log })
  await database.start()
  try {
    const queue = createQueue(database, log)
    await queue.start()
    await queue.stop()
    await dropTemplates(database)
  } finally {
    await database.stop()
  }
}

/** A new database on a PostgreSQL server, and how to drop it. The URL's user needs the right to create databases. */
export async function createServerDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `gatefold_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  await onServer(serverUrl, `CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
