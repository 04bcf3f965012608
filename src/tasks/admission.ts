import { type Problem, problem } from '../errors.ts'
import type { Queryable } from '../services/database.ts'
import type { TaskDefinition } from './definition.ts'

/**
 * Refuses a task that would wait behind too many others: 503 when the operation's queue is full (`maxQueued`), 429 when
 * its owner's share is (`perOwner.queued`). Counted under a lock, so that the limits are exact.
 */
export async function admit(
  tx: Queryable,
  schema: string,
  definition: TaskDefinition,
  owner: string | null,
): Promise<Problem | undefined> {
  const { operation, options } = definition
  const { maxQueued, perOwner } = options
  if (maxQueued !== undefined) {
    await lock(tx, `${operation.id} queue`)
    if ((await waiting(tx, schema, operation.id, undefined, maxQueued)) >= maxQueued) {
      const retryAfter = await untilNextPlace(tx, schema, operation.id, undefined)
      return problem('overloaded', { detail: `${maxQueued} tasks are waiting already`, headers: { 'retry-after': retryAfter } })
    }
  }
  if (perOwner !== undefined && owner !== null) {
    await lock(tx, `${operation.id} queue ${owner}`)
    if ((await waiting(tx, schema, operation.id, owner, perOwner.queued)) >= perOwner.queued) {
      const retryAfter = await untilNextPlace(tx, schema, operation.id, owner)
      return problem('rate_limited', {
        detail: `${perOwner.queued} of your tasks are waiting already`,
        headers: { 'retry-after': retryAfter },
      })
    }
  }
  return undefined
}

function lock(tx: Queryable, key: string): Promise<unknown> {
  return tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
}

/** How many tasks wait, counted no further than `limit`. */
async function waiting(
  tx: Queryable,
  schema: string,
  operation: string,
  owner: string | undefined,
  limit: number,
): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (
       SELECT 1 FROM "${schema}".task
       WHERE operation = $1 AND state IN ('queued', 'retrying') AND ($2::text IS NULL OR owner = $2) LIMIT $3
     ) AS waiting`,
    [operation, owner ?? null, limit],
  )
  return rows[0]?.count ?? 0
}

/** Seconds, 1 to 60, in which a place will be free if tasks go on ending as fast as in the last minute. */
async function untilNextPlace(tx: Queryable, schema: string, operation: string, owner: string | undefined): Promise<string> {
  const { rows } = await tx.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "${schema}".task
     WHERE finished_at > now() - interval '1 minute' AND operation = $1 AND ($2::text IS NULL OR owner = $2)`,
    [operation, owner ?? null],
  )
  const ended = rows[0]?.count ?? 0
  return String(ended === 0 ? 60 : Math.max(1, Math.ceil(60 / ended)))
}
