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

/** `status`: the task's state changed; `progress` and `log`: what its handler reported. */
export type TaskEventType = 'status' | 'progress' | 'log'

/** One entry of a task's log, as it is sent to clients. */
export interface TaskEvent {
  task_id: string
  /** Counts from 1 without gaps within a task. */
  seq: number
  type: TaskEventType
  /** The task's state after this event. */
  status: TaskState
  /** How far the attempt is, 0 to 1. */
  progress?: number
  data?: unknown
  /** RFC 3339. */
  at: string
}

/** An event that ends the stream of its task. */
export function endsTask(event: TaskEvent): boolean {
  return event.type === 'status' && isEndState(event.status)
}
