import type { Database } from '../services/database.ts'

/** Milliseconds between two deletions of what has expired. */
export const retentionInterval = 60_000
/** Rows that one statement deletes, so that it stays short. */
const batch = 500

/** Deletes tasks whose time is over, with their logs, and idempotency keys that have expired. Several processes may do so at once. */
export async function deleteExpired({ query, schema }: Database): Promise<void> {
  for (const [table, key] of [
    ['task', 'id'],
    ['task_idempotency', 'owner, operation, key'],
  ]) {
    let deleted: number
    do {
      const result = await query(
        `DELETE FROM "${schema}".${table} WHERE (${key}) IN (
           SELECT ${key} FROM "${schema}".${table} WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED
         )`,
        [batch],
      )
      deleted = result.rowCount
    } while (deleted === batch)
  }
}
