/** A task system of its own for one test, on a database of the kind that the environment asks for. */
import { pino } from 'pino'
import root, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { type HandlerContext, type HandlerRequest, type Principal, Reply } from '../../src/context.ts'
import { Problem } from '../../src/errors.ts'
import { createMeter } from '../../src/metrics/meter.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { Database } from '../../src/services/database.ts'
import { createQueue } from '../../src/services/queue.ts'
import { findTask } from '../../src/tasks/control.ts'
import type { TaskDefinition, TaskOptions } from '../../src/tasks/definition.ts'
import { ownerOf } from '../../src/tasks/insert.ts'
import { taskMigrations } from '../../src/tasks/migrations.ts'
import type { TaskRow } from '../../src/tasks/rows.ts'
import { isEndState, type TaskEvent } from '../../src/tasks/states.ts'
import { createTaskSystem, type TaskSystem } from '../../src/tasks/system.ts'
import { openTestDatabase } from '../database.ts'

export type Run = (request: HandlerRequest, context: HandlerContext) => unknown

export const defaults: TaskOptions = {
  retries: 2,
  backoff: { kind: 'fixed', delay: 0, max: 3_600_000, jitter: 0 },
  delay: 0,
  timeout: 30_000,
  priority: 0,
  concurrency: 10,
  perOwner: undefined,
  maxQueued: undefined,
  deadLetter: undefined,
  retention: 60_000,
  resultLimit: 1024 * 1024,
  schedule: undefined,
  visibleTo: [],
}

export function principal(subject: string, roles: string[] = []): Principal {
  return { subject, roles, scopes: [], claims: {}, scheme: 'bearerAuth' }
}

export interface TestTasks {
  database: Database
  system: TaskSystem
  define(id: string, run: Run, options?: Partial<TaskOptions>): TaskDefinition
  /** Takes a task in and gives its id. */
  submit(definition: TaskDefinition, task?: { body?: unknown; owner?: string; key?: string }): Promise<string>
  /** The same, with what is answered. */
  trySubmit: (
    definition: TaskDefinition,
    task?: { body?: unknown; owner?: string; key?: string },
  ) => ReturnType<TaskSystem['submit']>
  row(id: string): Promise<TaskRow>
  events(id: string): Promise<TaskEvent[]>
  /** The task once it has ended, or once `until` says so. */
  end(id: string, until?: (row: TaskRow) => boolean): Promise<TaskRow>
  /** Another process on the same database, with the same definitions. */
  another(works: boolean, alone?: boolean): Promise<TaskSystem>
}

const log = pino({ level: 'silent' })

/** The tests of one file share a database; making the tables of pg-boss takes seconds on the embedded one. */
async function openShared() {
  const database = await openTestDatabase(root, { migrations: { own: taskMigrations, application: () => [] } })
  const queue = createQueue(database, log)
  root.teardown(() => queue.stop())
  await queue.start()
  return { database, queue }
}
let shared: ReturnType<typeof openShared> | undefined

/** Define all tasks before the first is submitted: the system starts then. `works: false`: nothing runs them. */
export async function openTasks(t: Test, works = true): Promise<TestTasks> {
  shared ??= openShared()
  const { database, queue } = await shared
  const make = (works: boolean, alone = false) =>
    createTaskSystem({
      database,
      queue,
      log,
      meter: createMeter(),
      tracing: undefined,
      clock: systemClock,
      works,
      alone,
      times: { retention: 60_000, grace: 6000 },
    })
  const system = make(works)
  t.teardown(() => system.stop())
  let started: Promise<void> | undefined

  const trySubmit: TestTasks['trySubmit'] = async (definition, { body, owner = 'ada', key } = {}) => {
    started ??= system.start()
    await started
    return system.submit(definition, {
      owner: ownerOf(principal(owner)),
      principal: principal(owner),
      input: { method: 'POST', path: '/', params: {}, query: {}, headers: {}, cookies: {}, body, contentType: undefined },
      requestId: 'test',
      traceparent: undefined,
      idempotencyKey: key,
    })
  }

  async function row(id: string): Promise<TaskRow> {
    return (await findTask(database, database.schema, id)) as TaskRow
  }

  return {
    database,
    system,
    define(id, run, options = {}) {
      const definition: TaskDefinition = {
        operation: { id, method: 'POST', path: `/${id}` } as Operation,
        options: { ...defaults, ...options },
        queue: id,
        health: async () => ({}),
        services: {} as never,
        async run(request, context) {
          const value = await run(request, context)
          return value instanceof Problem || value instanceof Reply ? value : new Reply(200, value)
        },
        check: (result) => (result === 'wrong' ? [{ pointer: '', message: 'is wrong' }] : undefined),
      }
      system.define(definition)
      return definition
    },
    trySubmit,
    async submit(definition, task) {
      const submitted = await trySubmit(definition, task)
      if (submitted instanceof Problem) throw new Error(submitted.code)
      return submitted.id
    },
    row,
    events: (id) => system.read(id, 0, 10_000),
    async end(id, until = ({ state }) => isEndState(state)) {
      for (;;) {
        const task = await row(id)
        if (until(task)) return task
        // What has passed does not come again: the test would wait for ever.
        if (isEndState(task.state)) throw new Error(`the task is ${task.state}, and was not seen as it was waited for`)
        await pause(10)
      }
    },
    async another(works, alone) {
      const other = make(works, alone)
      for (const definition of system.definitions.values()) other.define(definition)
      t.teardown(() => other.stop())
      await other.start()
      return other
    },
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What a test needs of a log. */
export function outline(events: readonly TaskEvent[]): string {
  return events.map(({ type, status }) => (type === 'status' ? status : type)).join(' ')
}
