import type { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Database, Queryable, QueryOptions } from './database.ts'
import type { Lifecycle, ServiceDefinition } from './service.ts'

/** An attempt of a task that is due at some time. */
export interface Job {
  id: string
  task: string
}

/** A job that is to be; due after `delay` milliseconds by the clock of the database. */
export interface NewJob extends Job {
  priority: number
  delay: number
}

/** The jobs of all tasks, kept by pg-boss. Everything happens in the caller's transaction. */
export interface Queue {
  /** Puts attempts into a queue. */
  send(tx: Queryable, queue: string, jobs: readonly NewJob[]): Promise<void>
  /** Takes at most `limit` due jobs, highest priority and oldest first, out of a queue. No other transaction sees them meanwhile. */
  take(tx: Queryable, queue: string, limit: number): Promise<Job[]>
  /** Forgets a job that nobody has to run any more. */
  remove(queue: string, job: string): Promise<void>
  /** Makes sure that queues of these names are there; called before the first job. */
  open(queues: readonly string[]): Promise<void>
}

declare module './service.ts' {
  interface Services {
    queue: Queue
  }
}

const statements = (tx: Queryable, options?: QueryOptions) => ({
  executeSql: (text: string, values?: unknown[]) => tx.query<any>(text, values, options),
})

/**
 * pg-boss as the keeper of due attempts. Attempts, retries, timeouts and lost workers are counted on the task's own row, where
 * they can be fenced; so a job has one life: it is taken and deleted in the transaction that starts its attempt.
 */
export function createQueue(database: Database, log: Logger): Queue & Required<Pick<Lifecycle, 'start' | 'stop' | 'check'>> {
  let boss: PgBoss | undefined
  const opened = new Set<string>()
  let started: Promise<void> | undefined
  let stopped: Promise<void> | undefined

  async function launch(): Promise<void> {
    // Only gateways with tasks need its memory.
    const { PgBoss } = await import('pg-boss')
    const schema = `${database.schema}_queue`
    boss = new PgBoss({ ...database.boss, schema, schedule: false, registerInstance: false })
    boss.on('error', (error) => log.warn({ err: error }, 'queue'))
    boss.on('warning', (warning) => log.warn({ warning }, 'queue'))
    // Processes that start together on an empty database race for its schema; whoever loses finds it there at the second try.
    await boss.start({ attempts: 4 })
  }

  function running(): PgBoss {
    if (boss === undefined) throw new Error('the queue is not started')
    return boss
  }

  return {
    async send(tx, queue, jobs) {
      const inserts = jobs.map(({ id, task, priority, delay }) => ({ id, data: { task }, priority, startAfter: delay / 1000 }))
      await running().insert(queue, inserts, { db: statements(tx, { prepare: true }) })
    },
    async take(tx, queue, limit) {
      const db = statements(tx)
      const jobs = await running().fetch<{ task: string }>(queue, { batchSize: limit, db })
      if (jobs.length === 0) return []
      await running().deleteJob(
        queue,
        jobs.map(({ id }) => id),
        { db },
      )
      return jobs.map(({ id, data }) => ({ id, task: data.task }))
    },
    async remove(queue, job) {
      await running().deleteJob(queue, job)
    },
    async open(queues) {
      for (const queue of queues) {
        if (opened.has(queue)) continue
        await running().createQueue(queue, { retryLimit: 0, retentionSeconds: unlimited, deleteAfterSeconds: 3600 })
        opened.add(queue)
      }
    },
    start() {
      started ??= launch()
      return started
    },
    async check() {
      const began = performance.now()
      const version = await boss?.schemaVersion().catch(() => null)
      const healthy = version !== undefined && version !== null
      return { healthy, latencyMs: performance.now() - began, ...(!healthy && { detail: 'the queue of jobs is not reachable' }) }
    },
    stop() {
      stopped ??= Promise.resolve(started).then(
        () => boss?.stop({ graceful: false, close: false }),
        () => {},
      )
      return stopped
    },
  }
}

/** Seconds after which pg-boss deletes a job that nobody took; a queued task must never lose its job for its age. */
const unlimited = 10 * 365 * 86_400

export const queueService: ServiceDefinition<'queue'> = {
  name: 'queue',
  uses: ['database'],
  create: ({ services, log }) => createQueue(services.database, log),
}
