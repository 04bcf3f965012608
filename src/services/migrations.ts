import { createHash } from 'node:crypto'
import { quoteIdentifier } from './database/channels.ts'
import { pg } from './database/pg.ts'
import type { Queryable } from './database/queryable.ts'

/** One step of a schema. Steps run once, in list order, each in a transaction of its own. Never edit one that was released: add another. */
export interface Migration {
  /** Unique within its source, for example `tasks-001` or `001_accounts.sql`. */
  readonly name: string
  /** One or more statements. Unqualified names lie in the source's search path. */
  readonly sql: string
  /** The file it was read from, as shown to people. */
  readonly file?: string
}

/** A list of steps that is numbered on its own: Gatefold's own, or the application's. */
export interface MigrationSource {
  readonly name: 'gatefold' | 'application'
  readonly migrations: readonly Migration[]
  /** What unqualified names mean in the steps; first the schema where they are created. */
  readonly searchPath: readonly string[]
}

interface Sessions {
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
}

interface Applied {
  source: string
  name: string
  checksum: string
}

/** Any number that others are unlikely to use: the ASCII codes of "gatefold", cut to what a signed bigint holds. */
const advisoryLock = '7449355571923151972'

/**
 * Brings the database to the state that `sources` describe. Several processes may do so at once: one works, the others wait.
 * Throws an error that names the step (file, line) when a step fails, when one that was applied has been edited since,
 * or when the database has steps that this version does not know. What had been applied before stays.
 */
export async function migrate(database: Sessions, schema: string, sources: readonly MigrationSource[]): Promise<void> {
  let more = true
  while (more) more = await database.transaction((tx) => applyNext(tx, schema, sources))
}

/** Applies the first step that is missing; false when none is. */
async function applyNext(tx: Queryable, schema: string, sources: readonly MigrationSource[]): Promise<boolean> {
  // A step may take its time, and so may waiting for the process that applies one.
  await tx.query(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(${advisoryLock})`)
  const ledger = `${quoteIdentifier(schema)}.migration`
  await tx.query(
    `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)};
     CREATE TABLE IF NOT EXISTS ${ledger} (
       source text NOT NULL,
       name text NOT NULL,
       checksum text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (source, name)
     )`,
  )
  const { rows } = await tx.query<Applied>(`SELECT source, name, checksum FROM ${ledger}`)
  for (const source of sources) {
    const next = nextStep(source, rows)
    if (!next) continue
    await apply(tx, source, next)
    await tx.query(`INSERT INTO ${ledger} (source, name, checksum) VALUES ($1, $2, $3)`, [source.name, next.name, checksum(next)])
    return true
  }
  return false
}

/** The first step of a source that the database lacks. The steps before it must be the ones that the database has. */
function nextStep(source: MigrationSource, applied: readonly Applied[]): Migration | undefined {
  const known = new Map(applied.filter((row) => row.source === source.name).map((row) => [row.name, row.checksum]))
  const names = new Set(source.migrations.map(({ name }) => name))
  const unknown = [...known.keys()].filter((name) => !names.has(name))
  if (unknown.length > 0) {
    throw new Error(
      `the database has migrations of a newer version: ${unknown.join(', ')} (${source.name}) were applied and are not known here. ` +
        'Start the version that brought them, or restore the missing files.',
    )
  }
  for (const migration of source.migrations) {
    const sum = known.get(migration.name)
    if (sum !== undefined && sum !== checksum(migration)) {
      throw new Error(
        `the migration ${migration.file ?? migration.name} was changed after it had been applied. ` +
          'Restore it as it was and put the change into a new migration.',
      )
    }
  }
  const next = source.migrations.find(({ name }) => !known.has(name))
  const later = next && source.migrations.slice(source.migrations.indexOf(next)).find(({ name }) => known.has(name))
  if (later) {
    throw new Error(
      `the migration ${next.file ?? next.name} comes before ${later.name}, which was applied already. Give it a number after the last one.`,
    )
  }
  return next
}

async function apply(tx: Queryable, source: MigrationSource, migration: Migration): Promise<void> {
  await tx.query(`SET LOCAL search_path TO ${source.searchPath.map(quoteIdentifier).join(', ')}`)
  try {
    await tx.query(migration.sql)
  } catch (error) {
    throw describeFailure(migration, error)
  }
}

/** The error with the place in the file, which Postgres gives as a character offset from 1. */
function describeFailure(migration: Migration, error: unknown): unknown {
  if (!(error instanceof pg().DatabaseError)) return error
  const { message, position, detail, hint } = error
  const place = migration.file ?? migration.name
  const before = [...migration.sql].slice(0, Number(position ?? 1) - 1).join('')
  const line = before.split('\n').length
  const column = before.length - before.lastIndexOf('\n')
  const more = [detail, hint].filter((text) => text !== undefined).join(' ')
  const at = position === undefined ? place : `${place}:${line}:${column}`
  return new Error(`${at}: the migration failed and was undone: ${message}${more && `. ${more}`}`, { cause: error })
}

/** Line ends don't count, so that a checkout on Windows has the same sum. */
function checksum({ sql }: Migration): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex')
}
