import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Db as BossDatabase, ConstructorOptions } from 'pg-boss'
import type { Logger } from 'pino'
import { gaugeOf, type Meter } from '../metrics/meter.ts'
import { createEmbeddedConnection } from './database/embedded-connection.ts'
import { readMigrationFiles } from './database/migration-files.ts'
import { createPostgresConnection } from './database/postgres-connection.ts'
import type { Queryable } from './database/queryable.ts'
import type { SessionLoad } from './database/sessions.ts'
import { type Migration, migrate } from './migrations.ts'
import { ownMigrations } from './own-migrations.ts'
import type { Health, Lifecycle, ServiceDefinition, ServiceTools } from './service.ts'

export type { Queryable, QueryOptions, QueryResult } from './database/queryable.ts'
export { DatabaseUnavailable } from './database/unavailable.ts'

/** The Postgres that this gateway keeps things in: embedded in this process, or a server. Both behave the same. */
export interface Database extends Queryable {
  readonly kind: 'embedded' | 'postgres'
  /** The schema of Gatefold's own tables. Unqualified names mean the application's, in `public`. */
  readonly schema: string
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. Everything in it must go through `tx`;
   * `database.query` inside is refused. The embedded database has one session, so there transactions (and queries) take turns: keep them short.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
  /**
   * Calls `onPayload` for every notification on `channel`, and `onReconnect` when some may have been missed (the connection was lost
   * and is back). Resolves, once notifications arrive, with a function that ends it.
   */
  listen(channel: string, onPayload: (payload: string) => void, onReconnect?: () => void): Promise<() => Promise<void>>
  /** Whether notifications arrive now. */
  listening(): boolean
  /** Sends a payload of less than 8000 bytes to every listener of the channel, in this process and (with a server) all others. */
  notify(channel: string, payload: string): Promise<void>
  /** How the sessions are taken at the moment. */
  load(): SessionLoad
  /**
   * Options for pg-boss. Statements that pg-boss runs inside `transaction()` join it, so `boss.send(…)` there commits or
   * vanishes with the rest, and does not wait for the session that the transaction itself holds.
   */
  readonly boss: Required<Pick<ConstructorOptions, 'db' | 'backend'>>
}

declare module './service.ts' {
  interface Services {
    database: Database
  }
}

export interface DatabaseOptions {
  /** A `postgres://` URL; empty for the embedded database. */
  url: string
  /** The most sessions with a server at a time; the embedded database has one. */
  poolSize: number
  schema: string
  /** Absolute path of the directory in which the embedded database is kept. */
  dataDir: string
  migrations: DatabaseMigrations
  log: Logger
}

export interface DatabaseMigrations {
  readonly own: readonly Migration[]
  /** Read when the database starts. */
  application(): readonly Migration[]
}

/** NOTIFY takes payloads shorter than this many bytes (PostgreSQL, NOTIFY). */
const payloadLimit = 8000

/** A database with its lifecycle; the next generation's brings further migrations. */
export type DatabaseService = Database & Required<Pick<Lifecycle, 'start' | 'stop' | 'check' | 'essential' | 'renew'>>

/** A database; nothing is touched before `start`, which also brings the schema up to date. */
export function createDatabase({ url, poolSize, schema, dataDir, migrations, log }: DatabaseOptions): DatabaseService {
  const connection = url === '' ? createEmbeddedConnection(dataDir, log) : createPostgresConnection(url, poolSize, log)
  const { sessions } = connection
  let started: Promise<void> | undefined
  let stopped: Promise<void> | undefined
  let applied: readonly Migration[] | undefined

  async function open(): Promise<void> {
    await connection.start()
    try {
      await update(migrations)
    } catch (error) {
      await connection.stop()
      throw error
    }
  }

  /** Applies what is new; without anything new the database is not asked. */
  async function update({ own, application }: DatabaseMigrations): Promise<void> {
    const wanted = application()
    if (isDeepStrictEqual(wanted, applied)) return
    await migrate(sessions, schema, [
      { name: 'gatefold', migrations: own, searchPath: [schema] },
      { name: 'application', migrations: wanted, searchPath: ['public'] },
    ])
    applied = wanted
  }

  async function check(): Promise<Health> {
    const since = performance.now()
    const answered = sessions.query('SELECT 1').then(
      () => true,
      () => false,
    )
    // All sessions may be taken. That one of them comes back in order is an answer too.
    const healthy = await Promise.race([answered, sessions.returned().then(() => true)])
    const latencyMs = performance.now() - since
    return healthy ? { healthy, latencyMs } : { healthy, latencyMs, detail: 'the database does not answer' }
  }

  const db: BossDatabase = {
    executeSql: (text, values) => (sessions.current() ?? sessions).query(text, values),
    async listen(channel, onPayload, onReconnect) {
      const close = await connection.listen(channel, onPayload, onReconnect)
      // pg-boss asks for the call after the first subscription too, to fetch what was sent before it.
      onReconnect()
      return { close }
    },
  }

  const database: DatabaseService = {
    essential: true,
    kind: url === '' ? 'embedded' : 'postgres',
    schema,
    query: sessions.query,
    transaction: sessions.transaction,
    listen: connection.listen,
    load: sessions.load,
    listening: connection.listening,
    async notify(channel, payload) {
      const bytes = Buffer.byteLength(payload)
      if (bytes >= payloadLimit) throw new RangeError(`a notification has ${bytes} bytes; it must have less than ${payloadLimit}`)
      await connection.notify(channel, payload)
    },
    boss: { db, backend: url === '' ? 'pglite' : 'postgres' },
    start() {
      started ??= open()
      return started
    },
    stop() {
      stopped ??= Promise.resolve(started).then(connection.stop, () => {})
      return stopped
    },
    check,
    renew: (tools) => ({ ...database, start: () => update(migrationsOf(tools)) }),
  }
  return database
}

/** By OpenTelemetry's names for connection pools. */
function measureSessions(meter: Meter, load: () => SessionLoad): void {
  meter.gauge('db_client_connection_count', 'Sessions with the database, by state: used or idle.', () =>
    (['used', 'idle'] as const).map((state) => ({ labels: { db_client_connection_state: state }, value: load()[state] })),
  )
  gaugeOf(meter, 'db_client_connection_max', 'The most sessions that there may be.', () => load().most)
  gaugeOf(
    meter,
    'db_client_connection_pending_requests',
    'Queries and transactions that wait for a session.',
    () => load().waiting,
  )
}

export const databaseService: ServiceDefinition<'database'> = {
  name: 'database',
  basis: ({ config: { database }, directory }) => {
    const { migrations: _, poolSize, ...fixed } = database
    return { ...fixed, directory, poolSize: database.url === '' ? undefined : poolSize }
  },
  create(tools) {
    const { url, poolSize, schema, dataDir } = tools.config.database
    if (url === '' && tools.cluster !== undefined) refuseEmbedded(tools)
    const own = { url, poolSize, schema, dataDir: resolve(tools.directory, dataDir), log: tools.log }
    const opened = createDatabase({ ...own, migrations: migrationsOf(tools) })
    return { ...opened, activate: () => measureSessions(tools.meter, opened.load) }
  },
}

/** Not even one worker could have it: another starts before the one that ends has closed it. */
function refuseEmbedded({ diagnostics, gatewayFile }: ServiceTools): void {
  diagnostics.error(
    'embedded-database-shared',
    gatewayFile && { document: gatewayFile.document, pointer: '/database/url', value: undefined },
    'database.url is empty, and the embedded Postgres belongs to one process; --workers starts several',
    'set database.url (DATABASE_URL) to a PostgreSQL, or start without --workers',
  )
}

function migrationsOf({ config, directory }: Pick<ServiceTools, 'config' | 'directory'>): DatabaseMigrations {
  const { migrations } = config.database
  return {
    own: ownMigrations,
    application: () => (migrations === undefined ? [] : readMigrationFiles(resolve(directory, migrations), directory)),
  }
}
