import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { TaskDefinitions } from './definition.ts'
import type { TaskError } from './rows.ts'
import type { Attempt, Settle } from './settle.ts'
import type { TaskStore } from './store.ts'

/**
 * How a worker shows that it lives, in milliseconds: every `beat` it renews one row of its own (not one per task). A worker that
 * has not for `lapse` is taken for dead, so what it ran runs again after 15 to 20 s.
 */
export const lease = { beat: 5000, lapse: 15_000 }

/** A task that the tables say some worker runs. */
export interface HeldTask extends Attempt {
  operation: string
  cancel_requested: boolean
}

const heldColumns = 't.id, t.operation, t.owner, t.attempt, t.max_attempts, t.fence, t.priority, t.cancel_requested'

/** Renews the worker's row by the clock of the database, and gives the tasks that are its own. */
export async function renewLease({ database }: TaskStore, worker: string): Promise<HeldTask[]> {
  const { rows } = await database.query<HeldTask>(
    `WITH beat AS (
       INSERT INTO "${database.schema}".task_worker (id, host, pid, heartbeat_at) VALUES ($1, $2, $3, clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at
     )
     SELECT ${heldColumns} FROM "${database.schema}".task t WHERE t.state = 'active' AND t.worker = $1`,
    [worker, hostname(), process.pid],
  )
  return rows
}

export async function endLease({ database }: TaskStore, worker: string): Promise<void> {
  await database.query(`DELETE FROM "${database.schema}".task_worker WHERE id = $1`, [worker])
}

/** An SQL condition: the worker of task `t` is dead; `$1` is `lease.lapse`. */
export function isLost(schema: string): string {
  return `t.state = 'active' AND NOT EXISTS (
    SELECT FROM "${schema}".task_worker w
    WHERE w.id = t.worker AND w.heartbeat_at > clock_timestamp() - $1 * interval '1 millisecond'
  )`
}

/** Why an attempt failed whose worker is dead. */
export const workerLost: TaskError = { code: 'worker_lost', title: 'The process that ran the task ended', status: 503 }

/**
 * Ends the attempts of workers that are dead: they are tried again at once, if they have attempts left. Only those of
 * operations that are known here, so that the others take no places of theirs.
 */
export async function recoverLostTasks(
  store: TaskStore,
  definitions: TaskDefinitions,
  settle: Settle,
  log: Logger,
): Promise<void> {
  const { schema } = store.database
  const { rows } = await store.database.query<HeldTask>(
    `SELECT ${heldColumns} FROM "${schema}".task t WHERE ${isLost(schema)} AND t.operation = ANY($2::text[]) LIMIT 1000`,
    [lease.lapse, [...definitions.keys()]],
  )
  for (const task of rows) await failLost(definitions, settle, task, log)
  await store.database.query(
    `DELETE FROM "${schema}".task_worker WHERE heartbeat_at < clock_timestamp() - $1 * interval '1 millisecond'`,
    [lease.lapse * 4],
  )
}

/** Declares all other workers dead. */
export async function endOtherLeases({ database }: TaskStore, worker: string): Promise<void> {
  await database.query(`DELETE FROM "${database.schema}".task_worker WHERE id <> $1`, [worker])
}

/** Ends an attempt that nobody runs. */
export async function failLost(definitions: TaskDefinitions, settle: Settle, task: HeldTask, log: Logger): Promise<void> {
  const definition = definitions.get(task.operation)
  if (definition === undefined) return
  const ended = await settle(definition, task, { kind: 'failed', error: workerLost, delay: 0 })
  if (ended) log.warn({ task_id: task.id, op: task.operation, attempt: task.attempt }, 'a task lost its worker')
}
