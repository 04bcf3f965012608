import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Principal } from '../context.ts'
import { gaugeOf, type Meter } from '../metrics/meter.ts'
import type { SecurityRequirement } from '../model/operation.ts'
import type { Database } from '../services/database.ts'
import type { Queue } from '../services/queue.ts'
import type { Health, ServiceTools } from '../services/service.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { maySee } from './access.ts'
import { findTask } from './control.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { createFollower, type Follower } from './follower.ts'
import { readEvents } from './log.ts'
import { measureQueues, taskMetrics } from './metrics.ts'
import { createNotifications } from './notifications.ts'
import { isTaskId } from './query.ts'
import { repeat } from './repeat.ts'
import { type TaskResource, taskResource } from './resource.ts'
import { deleteExpired, retentionInterval } from './retention.ts'
import { createSchedules } from './schedule.ts'
import { endsTask, type TaskEvent } from './states.ts'
import type { TaskStore } from './store.ts'
import { createSubmit, type Submit } from './submit.ts'
import { type TaskTimes, taskTimes } from './times.ts'
import { createWorker, type Worker } from './worker.ts'

export interface Served {
  /** Full path of the task routes, for example `/api/v1/tasks`. */
  readonly path: string
  readonly security: readonly SecurityRequirement[]
}

export interface TaskSystemOptions {
  database: Database
  queue: Queue
  log: Logger
  meter: Meter
  tracing: Tracing | undefined
  clock: Clock
  /** Whether this process runs tasks, or only takes them in. */
  works: boolean
  /** No other process can be at work on this database. */
  alone: boolean
  times: TaskTimes
}

/** Tasks as one part of a process: taking them in, running them, following them. One generation of a gateway's view of it. */
export interface TaskSystem {
  readonly store: TaskStore
  /** The operations that this generation runs as tasks. */
  readonly definitions: TaskDefinitions
  readonly follower: Follower
  readonly retention: number
  /** Where tasks are served and who may ask for them; known once all operations are compiled. */
  served: Served
  /** Makes an operation a task; at boot only. */
  define(definition: TaskDefinition): void
  submit: Submit
  /** A task, for callers who may see it. */
  find(taskId: string, principal: Principal | undefined): Promise<TaskResource | undefined>
  /** Events of a task behind number `after`. */
  read(taskId: string, after: number, limit: number): Promise<TaskEvent[]>
  /**
   * Resolves when there is an event behind number `after`, when `ms` are over, when the client of `req` has left, or when the process
   * is told to stop.
   */
  waitForEvent(taskId: string, after: number, ms: number, req: IncomingMessage): Promise<void>
  /** The same for the end of the task, until `signal` aborts. */
  waitForEnd(taskId: string, after: number, ms: number, signal: AbortSignal): Promise<void>
  /** A stream that ends when the process is told to stop. */
  track(stream: Readable): Readable
  start(): Promise<void>
  /** Takes no new task on, ends streams, and lets running tasks end; called as soon as the process is told to stop. */
  drain(): Promise<void>
  stop(): Promise<void>
  check(): Promise<Health>
  /** The same tasks for the next generation: attempts that run end as they began, others begin as that declares them. */
  renew(tools: Pick<ServiceTools, 'config'>): TaskSystem
  /** From now on attempts and schedules are those of this generation. */
  activate(): void
}

const watched = 'Tasks that are followed in this process: by sockets, event streams and waiting requests.'

export function createTaskSystem({
  database,
  queue,
  log,
  meter,
  tracing,
  clock,
  works,
  alone,
  times,
}: TaskSystemOptions): TaskSystem {
  const notifications = createNotifications(database, log)
  const store: TaskStore = { database, queue, notifications, metrics: taskMetrics(meter) }
  const follower = createFollower(database, notifications, log)
  /** The operations that run as tasks now. */
  const active = new Map<string, TaskDefinition>()
  const schedules = createSchedules(store, clock, log)
  const submit = createSubmit(store)
  const endings = new Set<() => void>()
  let { grace, retention } = times
  let worker: Worker | undefined
  let started: Promise<void> | undefined
  let drained: Promise<void> | undefined
  let stopped: Promise<void> | undefined
  const jobs: (() => unknown)[] = []

  function follow(definitions: TaskDefinitions, times: TaskTimes): void {
    active.clear()
    for (const [id, definition] of definitions) active.set(id, definition)
    grace = times.grace
    retention = times.retention
    if (worker !== undefined && drained === undefined) schedules.follow(active)
  }

  async function start(): Promise<void> {
    await notifications.start()
    await follower.start()
    if (!works) return
    worker = createWorker({ store, definitions: active, log, tracing, alone, retention: () => retention })
    await worker.start()
    schedules.follow(active)
    jobs.push(schedules.stop)
    jobs.push(
      repeat(
        () => deleteExpired(database),
        retentionInterval,
        (error) => log.warn({ err: error }, 'expired tasks remain'),
      ),
    )
  }

  async function drain(): Promise<void> {
    await started?.catch(() => {})
    for (const end of [...endings]) end()
    await Promise.all(jobs.splice(0).map((end) => end()))
    await worker?.stop(grace)
  }

  async function stop(): Promise<void> {
    drained ??= drain()
    await drained
    await follower.stop()
    await notifications.stop()
  }

  /** Tasks go on without either, by looking into the tables from time to time: later than they should. */
  function trouble(): string | undefined {
    if (!database.listening()) return 'the connection that listens for news of tasks is away'
    if (works && worker?.looks !== true) return 'due tasks are not looked for'
    return undefined
  }

  /** Calls `end` when the process is told to stop, or at once when it was; gives a function that calls it off. */
  function atEnding(end: () => void): () => void {
    if (drained === undefined) endings.add(end)
    else end()
    return () => endings.delete(end)
  }

  function wait(taskId: string, after: number, ms: number, counts: (event: TaskEvent) => boolean) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    const unfollow = follower.follow(taskId, after, (events) => {
      if (events.some(counts)) resolve()
    })
    const callOff = atEnding(resolve)
    const over = promise.finally(() => {
      clearTimeout(timer)
      unfollow()
      callOff()
    })
    return { over, leave: resolve }
  }

  function waitForEvent(taskId: string, after: number, ms: number, { socket }: IncomingMessage): Promise<void> {
    const { over, leave } = wait(taskId, after, ms, () => true)
    socket.once('close', leave)
    return over.finally(() => socket.off('close', leave))
  }

  function waitForEnd(taskId: string, after: number, ms: number, signal: AbortSignal): Promise<void> {
    const { over, leave } = wait(taskId, after, ms, endsTask)
    const left = () => leave()
    signal.addEventListener('abort', left, { once: true })
    if (signal.aborted) leave()
    return over.finally(() => signal.removeEventListener('abort', left))
  }

  function track(stream: Readable): Readable {
    stream.once(
      'close',
      atEnding(() => void stream.push(null)),
    )
    return stream
  }

  function view(times: TaskTimes): TaskSystem {
    const definitions = new Map<string, TaskDefinition>()
    const system: TaskSystem = {
      store,
      definitions,
      follower,
      retention: times.retention,
      served: { path: '', security: [] },
      define: (definition) => void definitions.set(definition.operation.id, definition),
      submit,
      async find(taskId, principal) {
        const task = isTaskId(taskId) ? await findTask(database, database.schema, taskId) : undefined
        return task !== undefined && maySee(definitions, principal, task) ? taskResource(system.served.path, task) : undefined
      },
      read: (taskId, after, limit) => readEvents(database, database.schema, [{ taskId, after }], limit),
      waitForEvent,
      waitForEnd,
      track,
      async check() {
        const detail = trouble()
        return { healthy: detail === undefined, latencyMs: 0, ...(detail !== undefined && { detail }) }
      },
      async start() {
        await queue.open([...definitions.values()].map((definition) => definition.queue))
        if (started === undefined) follow(definitions, times)
        started ??= start()
        await started
      },
      drain() {
        drained ??= drain()
        return drained
      },
      stop() {
        stopped ??= stop()
        return stopped
      },
      renew: ({ config }) => view(taskTimes(config)),
      activate() {
        follow(definitions, times)
        measureQueues(meter, database, active)
        gaugeOf(meter, 'gatefold_watches', watched, () => follower.size)
      },
    }
    return system
  }
  return view(times)
}
