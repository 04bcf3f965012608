import type { Logger } from 'pino'
import { traceIdOf } from '../tracing/trace-context.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { type RunningAttempt, runAttempt, type StopReason } from './attempt.ts'
import { claimTasks } from './claim.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { lease } from './lease.ts'
import { appendReports, type Report } from './log.ts'
import { failsAgain, notStored } from './outcome.ts'
import { createReporter } from './reporter.ts'
import type { ClaimedTask } from './rows.ts'
import type { Ending, Settle } from './settle.ts'
import type { TaskStore } from './store.ts'

export interface SlotOptions {
  store: TaskStore
  /** Those that count now; attempts end by the one that they began with. */
  definitions: TaskDefinitions
  log: Logger
  tracing: Tracing | undefined
  settle: Settle
  /** The id of this process' worker. */
  worker: string
}

/** What names one attempt. The task alone does not: one that was lost may still wind up while its process runs the next. */
export type AttemptId = Pick<ClaimedTask, 'id' | 'fence'>

export function nameOf({ id, fence }: AttemptId): string {
  return `${id} ${fence}`
}

/** The attempts that this process runs: at most `concurrency` of each operation. */
export interface Slots {
  /** Claims as many due tasks as there is room for. */
  fill(definition: TaskDefinition): Promise<void>
  /** What runs now. */
  running(): ClaimedTask[]
  /** Stops one attempt. */
  stop(attempt: AttemptId, reason: StopReason): void
  /** Stops whatever runs of a task that was cancelled. */
  cancel(taskId: string): void
  /** Stops what runs, and what a claim in flight still brings, because the process has to end. */
  hurry(): void
  /** Claims nothing any more; resolves when all that runs has ended and is written. */
  close(): Promise<void>
}

export function createSlots({ store, definitions, log, tracing, settle, worker }: SlotOptions): Slots {
  const { database, notifications, metrics } = store
  const occupied = new Set<{ task: ClaimedTask; attempt: RunningAttempt; done: Promise<void> }>()
  /** Attempts by operation. */
  const load = new Map<string, number>()
  const filling = new Map<string, { again: boolean }>()
  /** Operations that had more due than there was room for, at the last look. */
  const waiting = new Set<string>()
  let closed = false
  let hurried = false

  /** One claim of an operation at a time: what ends or becomes due meanwhile shares the next one. */
  async function fill(definition: TaskDefinition): Promise<void> {
    const { id } = definition.operation
    const current = filling.get(id)
    if (current !== undefined) {
      current.again = true
      return
    }
    const turn = { again: true }
    filling.set(id, turn)
    try {
      while (turn.again && !closed) {
        turn.again = false
        const room = definition.options.concurrency - (load.get(id) ?? 0)
        if (room <= 0) {
          waiting.add(id)
          break
        }
        const { tasks, full } = await claimTasks(store, definition, worker, room)
        for (const task of tasks) occupy(definition, task)
        if (full) turn.again = true
        else waiting.delete(id)
      }
    } catch (error) {
      // The next look for due tasks tries again.
      log.warn({ err: error, op: id }, 'tasks could not be claimed')
    } finally {
      filling.delete(id)
    }
  }

  function occupy(definition: TaskDefinition, task: ClaimedTask): void {
    const { id } = definition.operation
    const reporter = createReporter(
      (reports) => append(task, reports),
      () => attempt.stop('TaskLost'),
    )
    const ownLog = log.child(bindings(definition, task))
    const run = () => runAttempt(definition, task, { log: ownLog, reporter })
    const attempt = tracing === undefined ? run() : tracing.task(definition, task, run)
    load.set(id, (load.get(id) ?? 0) + 1)
    const startedAt = performance.now()
    const done = attempt.ending.then(async (ending) => {
      metrics.ran(id, ending?.kind ?? 'lost', (performance.now() - startedAt) / 1000)
      const reports = await reporter.close()
      if (ending !== undefined) await persist(definition, task, ending, reports)
      occupied.delete(entry)
      load.set(id, (load.get(id) ?? 1) - 1)
      // Without more to do, a look would only cost: what becomes due is announced.
      const next = waiting.has(id) ? definitions.get(id) : undefined
      if (next !== undefined) void fill(next)
    })
    const entry = { task, attempt, done }
    occupied.add(entry)
    if (hurried) attempt.stop('ShutdownError')
  }

  async function append(task: ClaimedTask, reports: readonly Report[]): Promise<boolean> {
    const last = await appendReports(database, database.schema, task.id, task.fence, reports)
    if (last === undefined) return false
    notifications.events(task.id, last - reports.length + 1, last, task.owner)
    return true
  }

  /**
   * Writes an ending, again and again for as long as nobody else may have been given the task. One that the database will never take
   * is given up for a failure, then its last reports as well.
   */
  async function persist(definition: TaskDefinition, task: ClaimedTask, ending: Ending, reports: readonly Report[]) {
    const until = performance.now() + lease.lapse
    let [written, told] = [ending, reports]
    for (let tries = 1; ; tries++) {
      try {
        await settle(definition, task, written, told)
        return
      } catch (error) {
        log.warn({ err: error, task_id: task.id }, 'the end of a task could not be written')
        if (failsAgain(error, tries) && (written !== notStored || told.length > 0)) {
          if (written === notStored) told = []
          written = notStored
          continue
        }
        if (closed || performance.now() > until) return
        await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** (tries - 1), 2000)))
      }
    }
  }

  return {
    fill,
    running: () => [...occupied].map(({ task }) => task),
    stop({ id, fence }, reason) {
      for (const { task, attempt } of occupied) if (task.id === id && task.fence === fence) attempt.stop(reason)
    },
    cancel(taskId) {
      for (const { task, attempt } of occupied) if (task.id === taskId) attempt.stop('TaskCancelled')
    },
    hurry() {
      hurried = true
      for (const { attempt } of occupied) attempt.stop('ShutdownError')
    },
    async close() {
      closed = true
      // A claim in flight may still bring tasks.
      while (filling.size > 0 || occupied.size > 0) {
        await Promise.race([...occupied].map(({ done }) => done).concat(tick()))
      }
    },
  }
}

function bindings(definition: TaskDefinition, task: ClaimedTask): Record<string, unknown> {
  return {
    task_id: task.id,
    op: definition.operation.id,
    attempt: task.attempt,
    request_id: task.request_id,
    ...(task.traceparent !== null && { trace_id: traceIdOf(task.traceparent) }),
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}
