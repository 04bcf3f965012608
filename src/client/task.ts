import type { CallOptions, DataOf, ErrorsOf, ProgressOf, Result, TaskOperation, TaskOptions } from './api.ts'

export type TaskState = 'queued' | 'active' | 'retrying' | 'completed' | 'failed' | 'cancelled'

interface EventBase {
  readonly task_id: string
  /** Counts from 1 without gaps within a task. */
  readonly seq: number
  /** The task's state after this event. */
  readonly status: TaskState
  /** RFC 3339. */
  readonly at: string
}

/** One entry of a task's log. */
export type TaskEvent<Progress = unknown> = EventBase &
  (
    | { readonly type: 'status'; readonly progress?: number; readonly data?: unknown }
    /** `data` is what the handler reported; with a message, both stand in it. */
    | {
        readonly type: 'progress'
        readonly progress: number
        readonly data?: Progress | { readonly message: string; readonly data?: Progress }
      }
    | { readonly type: 'log'; readonly data: { readonly level: string; readonly message: string; readonly fields?: unknown } }
  )

/** Why a task failed. */
export interface TaskError {
  readonly code: string
  readonly title: string
  /** The status that the same outcome would have in a synchronous operation. */
  readonly status: number
  readonly detail?: string
  readonly errors?: readonly unknown[]
}

/** A task of one operation, as the server describes it. */
export interface TaskOf<Operation, Data> {
  readonly task_id: string
  readonly operation: Operation
  readonly status: TaskState
  /** Which attempt runs or ran last (0 before the first), and how many there may be. */
  readonly attempt: number
  readonly max_attempts: number
  /** 0 to 1. */
  readonly progress: number | null
  readonly message: string | null
  readonly cancel_requested: boolean
  /** Null until the task is completed. */
  readonly result: Data | null
  readonly error: TaskError | null
  /** The number of the newest event. */
  readonly last_seq: number
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly status_url: string
  readonly events_url: string
}

/** A task of any operation; `operation` tells what its result is. */
export type Task<Api> = { [Id in TaskOperation<Api>]: TaskOf<Id, DataOf<Api, Id>> }[TaskOperation<Api>]

/** A task that is submitted and followed: a promise of what comes of it, which can be looked into and cancelled meanwhile. */
export interface TaskRun<Data, Progress = unknown, Errors = unknown> extends Promise<Result<Data, Errors>> {
  /** Known once the task is taken in: what to keep for `tasks.resume` after the page was loaded anew. Rejects where it is refused. */
  readonly id: Promise<string>
  /** Asks the server to cancel it; the promise then ends with the problem `cancelled`, or with what came first. */
  cancel(): void
  /** Ends the watching and leaves the task alone; the promise ends with the problem `aborted`. */
  leave(): void
  /** Every event from the first to the last, also those that were before. */
  [Symbol.asyncIterator](): AsyncIterator<TaskEvent<Progress>>
}

/** Tasks that are known by their ids. */
export interface TaskClient<Api> {
  /** Follows a task of an operation as if it had just been submitted; for a page that was loaded anew. */
  resume<Id extends TaskOperation<Api>>(
    operation: Id,
    id: string,
    options?: Omit<TaskOptions<ProgressOf<Api, Id>>, 'idempotencyKey'>,
  ): TaskRun<DataOf<Api, Id>, ProgressOf<Api, Id>, ErrorsOf<Api, Id>>
  get(id: string, options?: CallOptions): Promise<Result<Task<Api>>>
  /** The caller's own tasks, newest first; `cursor` is the `next_cursor` of the page before. */
  list(
    query?: {
      readonly operation?: TaskOperation<Api>
      readonly status?: readonly TaskState[]
      readonly cursor?: string
      readonly limit?: number
    },
    options?: CallOptions,
  ): Promise<Result<{ readonly tasks: readonly Task<Api>[]; readonly next_cursor: string | null }>>
  cancel(id: string, options?: CallOptions): Promise<Result<Task<Api>>>
  /** Starts a failed or cancelled task over. */
  retry(id: string, options?: CallOptions): Promise<Result<Task<Api>>>
}

export function isOver(status: TaskState): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}
