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

/** Tasks of one owner, newest first; one more than `limit` when there is another page. */
export async function listTasks(database: Queryable, schema: string, filter: TaskFilter): Promise<TaskRow[]> {
  const { rows } = await database.query<TaskRow>(
    `SELECT ${taskColumns} FROM "${schema}".task
     WHERE owner = $1 AND ($2::text IS NULL OR operation = $2) AND (cardinality($3::text[]) = 0 OR state = ANY($3::text[]))
       AND ($4::uuid IS NULL OR id < $4::uuid)
     ORDER BY id DESC LIMIT $5`,
    [filter.owner, filter.operation ?? null, [...filter.states], filter.before ?? null, filter.limit + 1],
  )
  return rows
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
