import type { TaskEvent } from './task.ts'

/** One task that is being followed. */
export interface Watch {
  readonly id: string
  /** The number of the last event that is known. */
  after(): number
  /** Takes events in, in any order and as often as they come. */
  deliver(events: readonly TaskEvent[]): void
  /** Aborts when nobody wants to know any more. */
  readonly signal: AbortSignal
}

/**
 * Follows a task until it seems to have ended; whether it has, the task itself tells. Rejects with an `ApiProblem` when the server
 * refuses it, with anything else when this way of watching does not work here.
 */
export type Watcher = (watch: Watch) => Promise<void>

/** An event after which there may be no further one. */
export function isEnd({ type, status }: TaskEvent): boolean {
  return type === 'status' && (status === 'completed' || status === 'failed' || status === 'cancelled')
}
