import type { Queryable } from '../services/database.ts'
import { type EventRow, toEvent } from './rows.ts'
import type { TaskEvent, TaskEventType } from './states.ts'

/** Something that a running attempt reports. */
export interface Report {
  type: Exclude<TaskEventType, 'status'>
  progress?: number
  message?: string
  data?: unknown
  at: Date
}

/** Where a task's log is to be read on. */
export interface Cursor {
  taskId: string
  /** The last sequence number that is known. */
  after: number
}

/**
 * The events behind each cursor, at most `limit` per task, in order of their numbers. Numbers are given under the lock of the
 * task's row, so whoever sees one sees all before it.
 */
export async function readEvents(
  database: Queryable,
  schema: string,
  cursors: readonly Cursor[],
  limit: number,
): Promise<TaskEvent[]> {
  const { rows } = await database.query<EventRow>(
    `SELECT e.task_id, e.seq, e.type, e.status, e.progress, e.data, e.at
     FROM unnest($1::uuid[], $2::int[]) AS c(task_id, after)
     CROSS JOIN LATERAL (
       SELECT * FROM "${schema}".task_event WHERE task_id = c.task_id AND seq > c.after ORDER BY seq LIMIT $3
     ) e
     ORDER BY e.task_id, e.seq`,
    [cursors.map(({ taskId }) => taskId), cursors.map(({ after }) => after), limit],
  )
  return rows.map(toEvent)
}

/**
 * Appends the reports of a running attempt, in one statement. Gives the last number, or undefined when the attempt is no
 * longer the one that runs: then nothing was written.
 */
export async function appendReports(
  database: Queryable,
  schema: string,
  taskId: string,
  fence: number,
  reports: readonly Report[],
): Promise<number | undefined> {
  const last = reports.findLast((report) => report.type === 'progress')
  const { rows } = await database.query<{ last_seq: number }>(
    `WITH task AS (
       UPDATE "${schema}".task
       SET last_seq = last_seq + $3::int, progress = COALESCE($4::double precision, progress), message = COALESCE($5::text, message)
       WHERE id = $1 AND fence = $2 AND state = 'active'
       RETURNING last_seq
     ), events AS (
       INSERT INTO "${schema}".task_event (task_id, seq, type, status, progress, data, at)
       SELECT r.task, task.last_seq - $3::int + r.place, r.type, 'active', r.progress, r.data::json, r.at FROM task, ${reportsSource(6)}
     )
     SELECT last_seq FROM task`,
    [taskId, fence, reports.length, last?.progress ?? null, last?.message ?? null, ...reportArrays(reportRows(taskId, reports))],
  )
  return rows[0]?.last_seq
}

/** A report as it is kept. */
export interface ReportRow {
  task: string
  /** Among those of its task, from 1. */
  place: number
  type: string
  progress: number | null
  /** JSON. */
  data: string | null
  at: Date
}

export function reportRows(task: string, reports: readonly Report[]): ReportRow[] {
  return reports.map(({ type, progress = null, message, data, at }, index) => {
    return { task, place: index + 1, type, progress, data: eventData(message, data), at }
  })
}

/** The arrays behind `reportsSource`. */
export function reportArrays(rows: readonly ReportRow[]): unknown[][] {
  return [
    rows.map(({ task }) => task),
    rows.map(({ place }) => place),
    rows.map(({ type }) => type),
    rows.map(({ progress }) => progress),
    rows.map(({ data }) => data),
    rows.map(({ at }) => at),
  ]
}

/**
 * Reports as rows of SQL, from the parameters `$first` to `$first + 5`. Parallel arrays and not one JSON document, because
 * Postgres' functions that take JSON apart refuse "\u0000" in strings.
 */
export function reportsSource(first: number): string {
  const types = ['uuid', 'int', 'text', 'double precision', 'text', 'timestamptz']
  const arrays = types.map((type, index) => `$${first + index}::${type}[]`)
  return `unnest(${arrays.join(', ')}) AS r(task, place, type, progress, data, at)`
}

function eventData(message: string | undefined, data: unknown): string | null {
  if (message === undefined) return data === undefined ? null : JSON.stringify(data)
  return JSON.stringify(data === undefined ? { message } : { message, data })
}
