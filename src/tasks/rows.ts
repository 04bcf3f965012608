import Type from 'typebox'
import type { HandlerRequest, Principal } from '../context.ts'
import type { TaskEvent, TaskEventType, TaskState } from './states.ts'

/** A task's row, as `taskColumns` selects it. */
export interface TaskRow {
  id: string
  operation: string
  owner: string | null
  state: TaskState
  attempt: number
  max_attempts: number
  priority: number
  cancel_requested: boolean
  progress: number | null
  message: string | null
  result: unknown
  error: TaskError | null
  last_seq: number
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
}

export const taskColumns =
  'id, operation, owner, state, attempt, max_attempts, priority, cancel_requested, progress, message, result, error, last_seq, created_at, started_at, finished_at'

/** A task as a worker takes it on. */
export interface ClaimedTask {
  id: string
  owner: string | null
  principal: Principal | null
  attempt: number
  max_attempts: number
  fence: number
  priority: number
  input: HandlerRequest
  last_seq: number
  request_id: string
  traceparent: string | null
  /** Seconds since it was due. */
  waited: number
}

/** Why a task failed, in words that may be shown to its owner. */
export const TaskError = Type.Object(
  {
    code: Type.String({ title: 'Code', description: 'A code of the catalogue of problems, or of the application.' }),
    title: Type.String({ title: 'Title' }),
    status: Type.Integer({
      title: 'Status',
      description: 'The status that the same outcome would have in a synchronous operation.',
      minimum: 400,
      maximum: 599,
    }),
    detail: Type.Optional(Type.String({ title: 'Detail' })),
    errors: Type.Optional(Type.Array(Type.Unknown(), { title: 'Errors', description: 'Single findings, each with its place.' })),
  },
  { title: 'Task error', description: 'Why a task failed.' },
)
export type TaskError = Omit<Type.Static<typeof TaskError>, 'errors'> & { errors?: readonly unknown[] }

export interface EventRow {
  task_id: string
  seq: number
  type: TaskEventType
  status: TaskState
  progress: number | null
  data: unknown
  at: Date
}

export function toEvent(row: EventRow): TaskEvent {
  return {
    task_id: row.task_id,
    seq: row.seq,
    type: row.type,
    status: row.status,
    ...(row.progress !== null && { progress: row.progress }),
    ...(row.data !== null && { data: row.data }),
    at: row.at.toISOString(),
  }
}
