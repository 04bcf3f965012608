import type { HandlerRequest } from '../context.ts'
import type { Queryable } from '../services/database.ts'
import { type TaskRow, taskColumns } from '../tasks/rows.ts'
import { type TaskState, taskStates } from '../tasks/states.ts'

export interface TaskFilter {
  operation: string | undefined
  states: readonly TaskState[]
  /** The id of the last task of the page before. */
  before: string | undefined
  limit: number
}

/** What a list shows: results may be large, and are not part of it. */
const listColumns = taskColumns.replace(' result,', ' NULL AS result,')

/** Tasks of everybody without their results, newest first; one more than `limit` when there is another page. */
export async function listAllTasks(database: Queryable, schema: string, filter: TaskFilter): Promise<TaskRow[]> {
  const { rows } = await database.query<TaskRow>(
    `SELECT ${listColumns} FROM "${schema}".task
     WHERE ($1::text IS NULL OR operation = $1) AND (cardinality($2::text[]) = 0 OR state = ANY($2::text[]))
       AND ($3::uuid IS NULL OR id < $3::uuid)
     ORDER BY id DESC LIMIT $4`,
    [filter.operation ?? null, [...filter.states], filter.before ?? null, filter.limit + 1],
  )
  return rows
}

/** Tasks in one state are counted no further than this: what is asked for every few seconds must stay cheap. */
export const countedAtMost = 1000

/** How many tasks there are in each state, up to `countedAtMost`. */
export async function countTasks(database: Queryable, schema: string): Promise<Record<TaskState, number>> {
  const counts = taskStates.map(
    (state) =>
      `(SELECT count(*)::int FROM (SELECT FROM "${schema}".task WHERE state = '${state}' LIMIT ${countedAtMost}) AS t) AS ${state}`,
  )
  const { rows } = await database.query<Record<TaskState, number>>(`SELECT ${counts.join(', ')}`)
  return rows[0] as Record<TaskState, number>
}

/** What a task's row says only to an operator. */
export interface TaskDetail {
  input: HandlerRequest
  request_id: string
  traceparent: string | null
  run_at: Date
  worker: string | null
  held: boolean
}

export async function readTaskDetail(database: Queryable, schema: string, id: string): Promise<TaskDetail | undefined> {
  const { rows } = await database.query<TaskDetail>(
    `SELECT input, request_id, traceparent, run_at, worker, held FROM "${schema}".task WHERE id = $1`,
    [id],
  )
  return rows[0]
}
