import type { Queryable } from '../services/database.ts'
import { type TaskRow, taskColumns } from './rows.ts'
import type { TaskState } from './states.ts'

export interface TaskFilter {
  owner: string
  operation: string | undefined
  states: readonly TaskState[]
  /** The id of the last task of the page before. */
  before: string | undefined
  limit: number
}

/** Bytes of results and errors that a page holds at most, unless its only task has more. */
const pageSize = 16 * 1024 * 1024

/**
 * Tasks of one owner, newest first; `more` when there is another page. One task after the other is looked at, no further than the page
 * goes: to measure a result the database must unpack it.
 */
export async function listTasks(
  database: Queryable,
  schema: string,
  filter: TaskFilter,
): Promise<{ tasks: TaskRow[]; more: boolean }> {
  const next = (before: string) =>
    `SELECT id, COALESCE(octet_length(result::text), 0)::bigint + COALESCE(octet_length(error::text), 0) AS size FROM "${schema}".task
     WHERE owner = $1 AND ($2::text IS NULL OR operation = $2) AND (cardinality($3::text[]) = 0 OR state = ANY($3::text[]))
       AND ${before} ORDER BY id DESC LIMIT 1`
  const { rows } = await database.query<TaskRow & { seen: number }>(
    `WITH RECURSIVE looked (id, place, size, shown) AS (
       (SELECT id, 1, size, true FROM (${next('($4::uuid IS NULL OR id < $4::uuid)')}) AS first)
       UNION ALL
       SELECT n.id, l.place + 1, l.size + n.size, l.place < $5::int AND l.size + n.size <= $6::bigint
       FROM looked l CROSS JOIN LATERAL (${next('id < l.id')}) AS n WHERE l.shown
     )
     SELECT ${taskColumns}, (SELECT count(*)::int FROM looked) AS seen
     FROM "${schema}".task WHERE id IN (SELECT id FROM looked WHERE shown) ORDER BY id DESC`,
    [filter.owner, filter.operation ?? null, [...filter.states], filter.before ?? null, filter.limit, pageSize],
  )
  return { tasks: rows, more: (rows[0]?.seen ?? 0) > rows.length }
}

/** Tasks of one owner that have not ended, newest first. */
export async function listOpenTasks(database: Queryable, schema: string, owner: string, limit: number): Promise<TaskRow[]> {
  const { rows } = await database.query<TaskRow>(
    `SELECT ${taskColumns} FROM "${schema}".task
     WHERE owner = $1 AND state IN ('queued', 'active', 'retrying') ORDER BY id DESC LIMIT $2`,
    [owner, limit],
  )
  return rows
}

/** Tasks of one owner that have ended since a moment of the database's clock. */
export async function listEndedTasks(
  database: Queryable,
  schema: string,
  owner: string,
  since: Date,
): Promise<Pick<TaskRow, 'id' | 'last_seq'>[]> {
  const { rows } = await database.query<Pick<TaskRow, 'id' | 'last_seq'>>(
    `SELECT id, last_seq FROM "${schema}".task WHERE owner = $1 AND finished_at >= $2`,
    [owner, since],
  )
  return rows
}
