import type { Result, TaskOptions } from './api.ts'
import { pause } from './pause.ts'
import { ApiProblem, aborted } from './problem.ts'
import { isOver, type TaskEvent, type TaskOf, type TaskRun } from './task.ts'
import type { Transport } from './transport.ts'
import type { Watcher } from './watch.ts'

export interface TaskTools {
  readonly transport: Transport
  readonly tasksPath: string
  readonly watch: Watcher
}

/** Milliseconds until a task that could not be looked at is looked at again. */
const nextLook = 2000

/** What a submission answers with: a new task, or at once the result of one that has ended. */
export type Submission = Promise<Result<unknown>>

/** Follows a task from its submission to its end. `submit` gives `{ task_id }`. */
export function runTask(tools: TaskTools, submit: () => Submission, options: TaskOptions<unknown>): TaskRun<unknown> {
  const { transport, tasksPath } = tools
  const seen: TaskEvent[] = []
  const left = new AbortController()
  let wake = Promise.withResolvers<void>()
  let over = false
  const id = Promise.withResolvers<string>()
  // Whoever does not ask for the id learns of a refusal by the result.
  id.promise.catch(() => {})

  function deliver(events: readonly TaskEvent[]): void {
    for (const event of events) {
      if (event.seq !== seen.length + 1) continue
      seen.push(event)
      tell(event, options)
    }
    ring()
  }

  function ring(): void {
    wake.resolve()
    wake = Promise.withResolvers()
  }

  async function run(): Promise<Result<unknown>> {
    const submitted = await submit().catch((error: unknown) => {
      id.reject(error)
      throw error
    })
    if (submitted.error !== undefined) {
      id.reject(submitted.error)
      return submitted
    }
    const { task_id } = submitted.data as { task_id: string }
    id.resolve(task_id)
    try {
      return await follow(task_id)
    } catch (error) {
      return { data: undefined, error: error instanceof ApiProblem ? error : aborted(error), response: undefined }
    }
  }

  /** The log tells when to look at the task; only the task tells what became of it. */
  async function follow(taskId: string): Promise<Result<unknown>> {
    for (;;) {
      await tools.watch({ id: taskId, after: () => seen.length, deliver, signal: left.signal })
      const looked = await transport.send({
        route: { at: `GET ${tasksPath}/{task_id}` },
        input: { params: { task_id: taskId } },
        repeatable: true,
        signal: left.signal,
      })
      const { error, response } = looked
      if (error !== undefined && error.status > 0 && error.status < 500) return { data: undefined, error, response }
      const task = looked.data as TaskOf<string, unknown> | undefined
      if (task !== undefined && isOver(task.status)) return outcomeOf(task, response as Response)
      await pause(nextLook, left.signal)
    }
  }

  function cancel(): void {
    void id.promise.then(
      (taskId) =>
        transport.send({
          route: { at: `DELETE ${tasksPath}/{task_id}` },
          input: { params: { task_id: taskId } },
          repeatable: true,
        }),
      () => {},
    )
  }

  async function* events(): AsyncGenerator<TaskEvent> {
    for (let next = 0; ; ) {
      while (next < seen.length) yield seen[next++] as TaskEvent
      if (over) return
      await wake.promise
    }
  }

  const { signal } = options
  if (signal?.aborted === true) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  const result = run().finally(() => {
    signal?.removeEventListener('abort', cancel)
    over = true
    ring()
  })
  return Object.assign(result, {
    id: id.promise,
    cancel,
    leave: () => left.abort(),
    [Symbol.asyncIterator]: events,
  })
}

function outcomeOf({ status, result, error }: TaskOf<string, unknown>, response: Response): Result<unknown> {
  if (status === 'completed') return { data: result, error: undefined, response }
  if (error !== null) return { data: undefined, error: new ApiProblem(error.status, error, error), response }
  return { data: undefined, error: new ApiProblem(0, { code: 'cancelled', title: 'The task was cancelled' }), response }
}

function tell(event: TaskEvent, { onEvent, onProgress }: TaskOptions<unknown>): void {
  onEvent?.(event)
  if (event.type !== 'progress' || onProgress === undefined) return
  const { progress, data } = event
  if (isReport(data)) onProgress({ progress, ...data })
  else onProgress(data === undefined ? { progress } : { progress, data })
}

/** What a handler reports with a message stands beside it. */
function isReport(data: unknown): data is { message: string; data?: unknown } {
  if (typeof data !== 'object' || data === null || typeof (data as { message?: unknown }).message !== 'string') return false
  return Object.keys(data).every((key) => key === 'message' || key === 'data')
}
