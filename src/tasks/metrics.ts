import type { Meter, Sample } from '../metrics/meter.ts'
import type { Database } from '../services/database.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import type { TaskState } from './states.ts'

/** What happens to tasks in one process, counted by operation. */
export interface TaskMetrics {
  changed(operation: string, state: 'submitted' | 'completed' | 'failed' | 'cancelled' | 'retried'): void
  /** An attempt was ended: what its task is now, as the database has it. */
  ended(definition: TaskDefinition, state: TaskState): void
  /** Seconds between the time that an attempt was due and its start. */
  waited(operation: string, seconds: number): void
  /** Seconds that a handler ran. */
  ran(operation: string, outcome: string, seconds: number): void
}

/** Upper bounds in seconds: of waits, which should be short, and of runs, which may take minutes. */
const waitBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
const runBuckets = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800]

/** Tasks of one operation are counted no further than this, so that a scrape stays cheap however long a queue is. */
const countedAtMost = 100_000

export function taskMetrics(meter: Meter): TaskMetrics {
  const changes = meter.counter(
    'gatefold_tasks_total',
    'Tasks by what happened to them in this process: submitted, completed, failed, cancelled, retried (an attempt more).',
    ['operation', 'state'],
  )
  const waits = meter.histogram(
    'gatefold_task_wait_duration_seconds',
    'How long attempts of tasks waited after they were due.',
    ['operation'],
    waitBuckets,
  )
  const runs = meter.histogram(
    'gatefold_task_run_duration_seconds',
    'How long attempts of tasks ran; outcome is completed, failed, returned (the process had to end) or lost.',
    ['operation', 'outcome'],
    runBuckets,
  )
  return {
    changed: (operation, state) => changes.add(operation, state),
    ended({ operation }, state) {
      // A task that goes back to the queue because its process ends has not changed for anybody.
      if (state === 'retrying') changes.add(operation.id, 'retried')
      else if (state !== 'queued' && state !== 'active') changes.add(operation.id, state)
    },
    waited: (operation, seconds) => waits.cell(operation).observe(seconds),
    ran: (operation, outcome, seconds) => runs.cell(operation, outcome).observe(seconds),
  }
}

/** Shows the state of all queues of these operations, as the database has it when it is asked. */
export function measureQueues(meter: Meter, database: Database, definitions: TaskDefinitions): void {
  const queues = createQueueState(database, definitions)
  meter.gauge(
    'gatefold_task_queue_depth',
    `Tasks that wait, in the whole database: the same number from every process, and no more than ${countedAtMost}.`,
    () => queues('waiting'),
    'max',
  )
  meter.gauge(
    'gatefold_task_queue_age_seconds',
    'How long the oldest task that is due has waited, in the whole database; 0 when none is.',
    () => queues('age'),
    'max',
  )
  meter.gauge('gatefold_tasks_active', 'Tasks that run, in the whole database.', () => queues('active'), 'max')
}

interface QueueRow {
  operation: string
  waiting: number
  active: number
  age: number
}

/** Reads the state of all queues, once for the gauges of one scrape. */
function createQueueState(database: Database, definitions: TaskDefinitions) {
  let reading: Promise<readonly QueueRow[]> | undefined

  async function read(): Promise<readonly QueueRow[]> {
    const { rows } = await database.query<QueueRow>(
      `SELECT o.operation,
              (SELECT count(*)::int FROM (SELECT FROM "${database.schema}".task t
                 WHERE t.operation = o.operation AND t.state IN ('queued', 'retrying') LIMIT $2) AS waiting) AS waiting,
              (SELECT count(*)::int FROM (SELECT FROM "${database.schema}".task t
                 WHERE t.operation = o.operation AND t.state = 'active' LIMIT $2) AS active) AS active,
              COALESCE((SELECT GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - min(t.run_at))) FROM "${database.schema}".task t
                 WHERE t.operation = o.operation AND t.state IN ('queued', 'retrying')), 0)::double precision AS age
       FROM unnest($1::text[]) AS o(operation)`,
      [[...definitions.keys()], countedAtMost],
    )
    return rows
  }

  return async function samples(column: 'waiting' | 'active' | 'age'): Promise<Sample[]> {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return (await reading).map((row) => ({ labels: { operation: row.operation }, value: row[column] }))
  }
}
