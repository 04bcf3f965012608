import type { Logger } from 'pino'
import { Channels, listenStatement, quoteIdentifier } from './channels.ts'
import type { Connection } from './connection.ts'
import { createEmbedded } from './embedded.ts'
import { scheduleMaintenance } from './maintenance.ts'
import { pg } from './pg.ts'
import { openSessions } from './sessions.ts'
import { valueTypes } from './values.ts'

/** How long a query waits for its turn, in milliseconds: there is one session for everybody. */
const turnTimeout = 10_000

/** The embedded database, reached by node-postgres over a message port; its backend is the pool's only session. */
export function createEmbeddedConnection(dataDir: string, log: Logger): Connection {
  const embedded = createEmbedded(dataDir, log)
  const channels = new Channels()
  const { Pool } = pg()
  const pool = new Pool({
    stream: embedded.stream,
    // Named, because node-postgres would else take them from PGUSER and the like.
    host: 'embedded',
    user: 'postgres',
    database: 'postgres',
    password: '',
    ssl: false,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: turnTimeout,
    types: valueTypes,
    // A new session hears nothing yet.
    async onConnect(client) {
      client.on('notification', ({ channel, payload }) => channels.deliver(channel, payload ?? ''))
      for (const channel of channels.names) await client.query(listenStatement(channel))
      channels.reconnected()
    },
  })
  pool.on('error', (error) => log.warn({ reason: error.message }, 'the session with the embedded database was lost'))
  const sessions = openSessions(pool)
  let stopMaintenance: (() => void) | undefined

  return {
    sessions,
    listening: () => true,
    async start() {
      await embedded.start()
      stopMaintenance = scheduleMaintenance(sessions, log)
    },
    async stop() {
      stopMaintenance?.()
      await pool.end()
      await embedded.stop()
    },
    // Statements may notify too (pg-boss does); all other notifications stay in this process and need no statement.
    async listen(channel, onPayload, onReconnect) {
      const remove = channels.add(channel, onPayload, onReconnect)
      try {
        await sessions.query(listenStatement(channel))
      } catch (error) {
        remove()
        throw error
      }
      return async () => {
        if (remove()) await sessions.query(`UNLISTEN ${quoteIdentifier(channel)}`).catch(() => {})
      }
    },
    async notify(channel, payload) {
      setImmediate(() => channels.deliver(channel, payload))
    },
  }
}
