import type { Logger } from 'pino'
import { quoteIdentifier } from './channels.ts'
import type { Queryable } from './queryable.ts'

/** Between two looks at what needs doing, in milliseconds. */
const interval = 60_000

/**
 * What autovacuum would vacuum or analyze: its default thresholds (PostgreSQL section 24.1.6), and tables whose
 * transaction ids must be frozen long before they run out.
 */
const dueTables = `
  SELECT s.schemaname AS schema, s.relname AS name,
         s.n_dead_tup > 50 + 0.2 * s.n_live_tup OR age(c.relfrozenxid) > 150000000 AS vacuum
    FROM pg_stat_all_tables s JOIN pg_class c ON c.oid = s.relid
   WHERE s.schemaname <> 'pg_toast'
     AND (s.n_dead_tup > 50 + 0.2 * s.n_live_tup
      OR s.n_mod_since_analyze > 50 + 0.1 * s.n_live_tup
      OR age(c.relfrozenxid) > 150000000)`

/** True once 16 MB of write-ahead log have to be replayed after a crash. */
const checkpointDue = `
  SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) > 16 * 1024 * 1024 AS due FROM pg_control_checkpoint()`

/**
 * Does for the embedded database what a server's background processes do, of which it has none: vacuums and analyzes tables,
 * and makes checkpoints, without which its write-ahead log grows for ever. One table per turn, so that queries get in between.
 */
export async function maintain(database: Queryable): Promise<void> {
  const { rows } = await database.query<{ schema: string; name: string; vacuum: boolean }>(dueTables)
  for (const { schema, name, vacuum } of rows) {
    await database.query(`${vacuum ? 'VACUUM (ANALYZE)' : 'ANALYZE'} ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`)
  }
  const checkpoint = await database.query<{ due: boolean }>(checkpointDue)
  if (checkpoint.rows[0]?.due) await database.query('CHECKPOINT')
}

/** Runs `maintain` from time to time until the returned function is called. */
export function scheduleMaintenance(database: Queryable, log: Logger): () => void {
  let timer: NodeJS.Timeout
  let stopped = false
  const next = () => {
    timer = setTimeout(async () => {
      await maintain(database).catch((error: Error) =>
        log.warn({ reason: error.message }, 'maintenance of the embedded database failed'),
      )
      if (!stopped) next()
    }, interval).unref()
  }
  next()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
