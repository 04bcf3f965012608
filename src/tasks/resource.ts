import Type from 'typebox'
import { TaskError, type TaskRow } from './rows.ts'
import { Moment, TaskId, TaskStateName } from './states.ts'

const orNull = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const links = {
  status_url: Type.String({ title: 'Status URL', description: 'Where the task is.', format: 'uri-reference' }),
  events_url: Type.String({ title: 'Events URL', description: 'Where its events are.', format: 'uri-reference' }),
}

/** What an asynchronous operation answers with. */
export const TaskAccepted = Type.Object(
  { task_id: TaskId, status: TaskStateName, ...links },
  { title: 'Accepted task', description: 'The task was taken in.' },
)

/** A task as it is sent to clients. */
export const TaskResource = Type.Object(
  {
    task_id: TaskId,
    operation: Type.String({ title: 'Operation', description: 'The operationId.' }),
    status: TaskStateName,
    attempt: Type.Integer({ title: 'Attempt', description: 'Which one runs or ran last; 0 before the first.', minimum: 0 }),
    max_attempts: Type.Integer({ title: 'Most attempts', description: 'How many there may be.', minimum: 1 }),
    progress: orNull(Type.Number({ title: 'Progress', description: 'How far the attempt is.', minimum: 0, maximum: 1 })),
    message: orNull(Type.String({ title: 'Message', description: 'What the attempt does.' })),
    cancel_requested: Type.Boolean({ title: 'Cancel requested' }),
    result: Type.Unknown({
      title: 'Result',
      description: "What the operation's 200 response describes; null until there is one.",
    }),
    error: orNull(TaskError),
    last_seq: Type.Integer({ title: 'Last event', description: 'The number of the newest event.', minimum: 1 }),
    created_at: Moment,
    started_at: orNull(Moment),
    finished_at: orNull(Moment),
    ...links,
  },
  { title: 'Task', description: 'One run of an asynchronous operation.' },
)
export type TaskResource = Omit<Type.Static<typeof TaskResource>, 'error'> & { error: TaskError | null }

export type TaskLinks = Pick<TaskResource, keyof typeof links>

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
