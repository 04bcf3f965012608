import { randomUUIDv7 } from 'node:crypto'
import type { Queryable } from '../services/database.ts'
import type { Queue } from '../services/queue.ts'
import type { TaskDefinition } from './definition.ts'

/**
 * The limit of tasks that one owner runs at once (`perOwner`). Whoever starts or ends such a task holds the lock of its operation and
 * owner until the transaction ends, so the count that is read under it is exact. Locks are taken in one order and before any row.
 */
export async function lockOwners(tx: Queryable, definition: TaskDefinition, owners: readonly (string | null)[]): Promise<void> {
  const keys = [...new Set(owners)].map((owner) => `${definition.operation.id} ${owner ?? ''}`).sort()
  for (const key of keys) await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
}

/** How many tasks of each owner run now. */
export async function countActive(
  tx: Queryable,
  schema: string,
  definition: TaskDefinition,
  owners: readonly (string | null)[],
): Promise<Map<string | null, number>> {
  const { rows } = await tx.query<{ owner: string | null; count: number }>(
    `SELECT owner, count(*)::int AS count FROM "${schema}".task
     WHERE operation = $1 AND state = 'active' AND COALESCE(owner, '') = ANY($2::text[]) GROUP BY owner`,
    [definition.operation.id, [...new Set(owners)].map((owner) => owner ?? '')],
  )
  return new Map(rows.map(({ owner, count }) => [owner, count]))
}

/** Gives a job to the next task of an owner that was held back; call it, under the owner's lock, when a task has left its place. */
export async function admitNext(
  tx: Queryable,
  schema: string,
  queue: Queue,
  definition: TaskDefinition,
  owner: string | null,
): Promise<boolean> {
  const job = randomUUIDv7()
  const { rows } = await tx.query<{ id: string; priority: number }>(
    `UPDATE "${schema}".task SET held = false, job = $3
     WHERE id = (
       SELECT id FROM "${schema}".task
       WHERE operation = $1 AND owner IS NOT DISTINCT FROM $2 AND held AND state IN ('queued', 'retrying')
       ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED
     ) RETURNING id, priority`,
    [definition.operation.id, owner, job],
  )
  const [next] = rows
  if (next === undefined) return false
  await queue.send(tx, definition.queue, { id: job, task: next.id, priority: next.priority, delay: 0 })
  return true
}
