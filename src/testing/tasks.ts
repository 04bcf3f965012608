import { findTask } from '../tasks/control.ts'
import { isTaskId } from '../tasks/query.ts'
import { type TaskResource, taskResource } from '../tasks/resource.ts'
import type { TaskRow } from '../tasks/rows.ts'
import { isEndState, type TaskEvent } from '../tasks/states.ts'
import type { TaskSystem } from '../tasks/system.ts'
import { type Answer, describe } from './answer.ts'
import { endWait } from './task-times.ts'

/** A task with everything that happened to it. */
export interface TestTask extends TaskResource {
  readonly events: readonly TaskEvent[]
}

export interface TestTasks {
  /**
   * Waits until a task has ended, and gives it. Which one: its id, or the answer that accepted it. Times for which it would wait (its
   * `delay`, the back-off between attempts) are skipped. Rejects after `timeout` milliseconds (30,000) with where it stands.
   */
  settled(task: string | Answer, options?: { timeout?: number }): Promise<TestTask>
  /** Waits until nothing is due or running. Tasks whose time has not come are left alone. */
  idle(options?: { timeout?: number }): Promise<void>
  /** A task as it is now; undefined when there is none. */
  find(task: string | Answer): Promise<TestTask | undefined>
}

const patience = 30_000
/** Milliseconds between two looks for what no event told of. */
const lookAgain = 100
/** More than any task has. */
const allEvents = 1_000_000

/** The tasks of a gateway, for tests; `system` is undefined when the gateway has none. */
export function createTestTasks(system: TaskSystem | undefined): TestTasks {
  function tasks(): TaskSystem {
    if (system !== undefined) return system
    throw new Error('no operation of this gateway is a task; gateway.yaml makes one: operations: { <id>: { task: {} } }')
  }

  async function row(task: string | Answer): Promise<TaskRow | undefined> {
    const id = idOf(task)
    const { database } = tasks().store
    return isTaskId(id) ? findTask(database, database.schema, id) : undefined
  }

  async function complete(found: TaskRow): Promise<TestTask> {
    const events = await tasks().read(found.id, 0, allEvents)
    return { ...taskResource(tasks().served.path, found), events }
  }

  async function settled(task: string | Answer, { timeout = patience }: { timeout?: number } = {}): Promise<TestTask> {
    const deadline = performance.now() + timeout
    for (;;) {
      const found = await row(task)
      if (found === undefined) throw new Error(`there is no task ${idOf(task)}`)
      if (isEndState(found.state)) return complete(found)
      if (performance.now() > deadline) throw new Error(`after ${timeout} ms ${await standing(found)}`)
      if (found.state !== 'active') await endWait(tasks(), found.id)
      await nextEvent(found)
    }
  }

  /** Resolves with the next event behind those that are known, or soon. */
  function nextEvent({ id, last_seq }: TaskRow): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, lookAgain)
      const unfollow = tasks().follower.follow(id, last_seq, done)
      function done(): void {
        clearTimeout(timer)
        unfollow()
        resolve()
      }
    })
  }

  async function idle({ timeout = patience }: { timeout?: number } = {}): Promise<void> {
    if (system === undefined) return
    const { database } = system.store
    const deadline = performance.now() + timeout
    for (;;) {
      const { rows } = await database.query<{ id: string }>(
        `SELECT id FROM "${database.schema}".task
         WHERE state = 'active' OR (state IN ('queued', 'retrying') AND run_at <= clock_timestamp()) ORDER BY id`,
      )
      const [first] = rows
      if (first === undefined) return
      if (performance.now() > deadline) {
        const found = await row(first.id)
        throw new Error(
          `after ${timeout} ms ${rows.length} tasks have not ended; ${found === undefined ? '' : await standing(found)}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, lookAgain / 5))
    }
  }

  async function standing(found: TaskRow): Promise<string> {
    const { events } = await complete(found)
    const attempts = `attempt ${found.attempt} of ${found.max_attempts}`
    const last =
      found.error === null ? '' : `; the last one failed: ${found.error.code} ${found.error.detail ?? found.error.title}`
    return `task ${found.id} of '${found.operation}' is ${found.state} (${attempts}, ${events.length} events)${last}`
  }

  return {
    settled,
    idle,
    async find(task) {
      const found = await row(task)
      return found && complete(found)
    },
  }
}

function idOf(task: string | Answer): string {
  if (typeof task === 'string') return task
  const id = (task.body as { task_id?: unknown } | undefined)?.task_id
  if (typeof id === 'string') return id
  throw new Error(`this answer accepted no task: ${task.status} ${describe(task)}`)
}
