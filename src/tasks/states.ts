import Type from 'typebox'

/**
 * Where a task stands. `queued` → `active` → `completed`, `failed` or `cancelled`; from `active` also to `retrying`, which waits out a
 * delay and is `queued` again, and back to `queued` when the process has to go. Every change is one conditional UPDATE on the state
 * and, for a running attempt, on its fence.
 */
export const taskStates = ['queued', 'active', 'retrying', 'completed', 'failed', 'cancelled'] as const
export type TaskState = (typeof taskStates)[number]

/** States that a task leaves only by `POST /tasks/{task_id}/retry`. */
export type EndState = 'completed' | 'failed' | 'cancelled'

export function isEndState(state: TaskState): state is EndState {
  return state === 'completed' || state === 'failed' || state === 'cancelled'
}

/** What an event tells of. */
const taskEventTypes = ['status', 'progress', 'log'] as const
export type TaskEventType = (typeof taskEventTypes)[number]

export const TaskId = Type.String({ title: 'Task id', format: 'uuid' })
export const TaskStateName = Type.Enum([...taskStates], {
  title: 'Status',
  description: 'Where the task stands.',
  type: 'string',
})
export const Moment = Type.String({ title: 'Moment', description: 'RFC 3339.', format: 'date-time' })

/** One entry of a task's log, as it is sent to clients. */
export const TaskEvent = Type.Object(
  {
    task_id: TaskId,
    seq: Type.Integer({ title: 'Number', description: 'Counts from 1 without gaps within a task.', minimum: 1 }),
    type: Type.Enum([...taskEventTypes], {
      title: 'Type',
      description: "status: the task's state changed; progress and log: what its handler reported.",
      type: 'string',
    }),
    status: TaskStateName,
    progress: Type.Optional(Type.Number({ title: 'Progress', description: 'How far the attempt is.', minimum: 0, maximum: 1 })),
    data: Type.Optional(
      Type.Unknown({
        title: 'Data',
        description:
          'What the event says besides: the `attempt` that begins, the `error` of one that failed, the `message` and `data` of a progress report, the `level` and `message` of a log line.',
      }),
    ),
    at: Moment,
  },
  { title: 'Task event', description: "One entry of a task's log." },
)
export type TaskEvent = Type.Static<typeof TaskEvent>

/** An event that ends the stream of its task. */
export function endsTask(event: TaskEvent): boolean {
  return event.type === 'status' && isEndState(event.status)
}
