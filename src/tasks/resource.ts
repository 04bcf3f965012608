import type { TaskError, TaskRow } from './rows.ts'
import type { TaskState } from './states.ts'

/** A task as it is sent to clients. */
export interface TaskResource {
  task_id: string
  operation: string
  status: TaskState
  /** Which attempt runs, ran last, or 0 before the first; and how many there may be. */
  attempt: number
  max_attempts: number
  progress: number | null
  message: string | null
  cancel_requested: boolean
  result: unknown
  error: TaskError | null
  /** The number of the newest event. */
  last_seq: number
  created_at: string
  started_at: string | null
  finished_at: string | null
  status_url: string
  events_url: string
}

export interface TaskLinks {
  status_url: string
  events_url: string
}

/** Where a task is found; `tasksPath` is the full path of the task routes. */
export function taskLinks(tasksPath: string, id: string): TaskLinks {
  return { status_url: `${tasksPath}/${id}`, events_url: `${tasksPath}/${id}/events` }
}

export function taskResource(tasksPath: string, row: TaskRow): TaskResource {
  return {
    task_id: row.id,
    operation: row.operation,
    status: row.state,
    attempt: row.attempt,
    max_attempts: row.max_attempts,
    progress: row.progress,
    message: row.message,
    cancel_requested: row.cancel_requested,
    result: row.result,
    error: row.error,
    last_seq: row.last_seq,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
    ...taskLinks(tasksPath, row.id),
  }
}
