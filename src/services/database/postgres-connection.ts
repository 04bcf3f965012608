import type { ClientConfig } from 'pg'
import type { Logger } from 'pino'
import type { Connection } from './connection.ts'
import { createListener } from './listener.ts'
import { pg } from './pg.ts'
import { openSessions } from './sessions.ts'
import { valueTypes } from './values.ts'
import { watchForSilence } from './watchdog.ts'

/** Milliseconds. A request must learn within 3 s that the database is away, so getting a session takes less. */
const timeouts = { connect: 2500, idle: 30_000, statement: 60_000, idleInTransaction: 90_000 }

/** A Postgres server, by URL, with at most `poolSize` sessions and one more that listens. */
export function createPostgresConnection(url: string, poolSize: number, log: Logger): Connection {
  // Not quoted in the message: it may hold a password.
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new Error('database.url must be a URL like postgres://user:password@host:5432/database')
  const config: ClientConfig = {
    // The URL's own parameters win over these.
    connectionString: url,
    application_name: 'gatefold',
    connectionTimeoutMillis: timeouts.connect,
    options: '-c search_path=public',
    types: valueTypes,
  }
  const { Pool } = pg()
  const pool = new Pool({
    ...config,
    max: poolSize,
    idleTimeoutMillis: timeouts.idle,
    statement_timeout: timeouts.statement,
    idle_in_transaction_session_timeout: timeouts.idleInTransaction,
    keepAlive: true,
  })
  pool.on('error', (error) => log.warn({ reason: error.message }, 'an idle connection to the database was lost'))
  const sessions = openSessions(pool)
  const listener = createListener(config, log)
  let stopWatching: (() => void) | undefined

  return {
    sessions,
    listening: listener.listening,
    async start() {
      stopWatching = watchForSilence(pool, config)
      await sessions.query('SELECT 1')
    },
    async stop() {
      await listener.stop()
      await pool.end()
      stopWatching?.()
    },
    listen: listener.listen,
    async notify(channel, payload) {
      await sessions.query('SELECT pg_notify($1, $2)', [channel, payload])
    },
  }
}
