import type { Queryable } from '../services/database.ts'
import type { NewJob, Queue } from '../services/queue.ts'
import type { TaskDefinition } from './definition.ts'

/**
 * The limit of tasks that one owner runs at once (`perOwner`). Whoever starts or ends such a task holds the lock of its operation and
 * owner until the transaction ends, so the count that is read under it is exact. Locks are taken in one order and before any row.
 */
export async function lockOwners(tx: Queryable, definition: TaskDefinition, owners: readonly (string | null)[]): Promise<void> {
  const keys = [...new Set(owners)].map((owner) => `${definition.operation.id} ${owner ?? ''}`).sort()
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key', [keys])
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

/**
 * Gives jobs to tasks that were held back: to the next of its owner for each that has left its place. Call it under the locks of the
 * owners, each named as often as places of theirs are free.
 */
export async function admitNext(
  tx: Queryable,
  schema: string,
  queue: Queue,
  definition: TaskDefinition,
  owners: readonly (string | null)[],
): Promise<void> {
  const { rows } = await tx.query<NewJob>(
    `UPDATE "${schema}".task t SET held = false, job = gen_random_uuid()
     FROM (
       SELECT next.id FROM (SELECT owner, count(*) AS places FROM unnest($2::text[]) AS owner GROUP BY owner) AS o
       CROSS JOIN LATERAL (
         SELECT id FROM "${schema}".task
         WHERE operation = $1 AND owner IS NOT DISTINCT FROM o.owner AND held AND state IN ('queued', 'retrying')
         ORDER BY priority DESC, id LIMIT o.places FOR UPDATE SKIP LOCKED
       ) AS next
     ) AS admitted
     WHERE t.id = admitted.id RETURNING t.job AS id, t.id AS task, t.priority, 0 AS delay`,
    [definition.operation.id, owners],
  )
  if (rows.length > 0) await queue.send(tx, definition.queue, rows)
}

/** Gives jobs to at most `limit` tasks that were held back by a limit that is no more. */
export async function admitAll(
  tx: Queryable,
  schema: string,
  queue: Queue,
  definition: TaskDefinition,
  limit: number,
): Promise<void> {
  const { rows } = await tx.query<NewJob>(
    `UPDATE "${schema}".task t SET held = false, job = gen_random_uuid()
     FROM (
       SELECT id FROM "${schema}".task WHERE operation = $1 AND held AND state IN ('queued', 'retrying')
       ORDER BY priority DESC, id LIMIT $2 FOR UPDATE SKIP LOCKED
     ) AS admitted
     WHERE t.id = admitted.id RETURNING t.job AS id, t.id AS task, t.priority, 0 AS delay`,
    [definition.operation.id, limit],
  )
  if (rows.length > 0) await queue.send(tx, definition.queue, rows)
}
