import { randomUUIDv7 } from 'node:crypto'
import { Problem, problem } from '../errors.ts'
import type { Queryable } from '../services/database.ts'
import { admit } from './admission.ts'
import type { TaskDefinition } from './definition.ts'
import { admitNext, lockOwners } from './owners.ts'
import { type TaskRow, taskColumns } from './rows.ts'
import { isEndState } from './states.ts'
import type { TaskStore } from './store.ts'

/** The row of a task; undefined when there is none. */
export async function findTask(database: Queryable, schema: string, id: string): Promise<TaskRow | undefined> {
  const { rows } = await database.query<TaskRow>(`SELECT ${taskColumns} FROM "${schema}".task WHERE id = $1`, [id])
  return rows[0]
}

/** The rows of tasks that there are. */
export async function findTasks(database: Queryable, schema: string, ids: readonly string[]): Promise<TaskRow[]> {
  if (ids.length === 0) return []
  const { rows } = await database.query<TaskRow>(`SELECT ${taskColumns} FROM "${schema}".task WHERE id = ANY($1::uuid[])`, [ids])
  return rows
}

/**
 * Cancels a task: at once when it waits; when it runs, its handler is told to stop, and whatever it does then, the task ends as cancelled.
 * 409 when it has ended.
 */
export async function cancelTask(
  store: TaskStore,
  definition: TaskDefinition | undefined,
  task: TaskRow,
  retention: number,
): Promise<TaskRow | Problem> {
  const { database, queue, notifications, metrics } = store
  const { schema } = database
  const changed = await database.transaction(async (tx) => {
    const limited = definition?.options.perOwner !== undefined
    if (limited) await lockOwners(tx, definition, [task.owner])
    const { rows } = await tx.query<TaskRow & { old_job: string | null; told: boolean }>(
      `WITH old AS (
         SELECT id, state, job, cancel_requested FROM "${schema}".task WHERE id = $1 FOR UPDATE
       ), changed AS (
         UPDATE "${schema}".task t
         SET cancel_requested = true,
             state = CASE WHEN old.state = 'active' THEN 'active' ELSE 'cancelled' END,
             job = NULL, held = false,
             finished_at = CASE WHEN old.state <> 'active' THEN clock_timestamp() END,
             expires_at = CASE WHEN old.state <> 'active' THEN clock_timestamp() + $2::double precision * interval '1 millisecond' END,
             last_seq = t.last_seq + CASE WHEN old.cancel_requested THEN 0 ELSE 1 END
         FROM old WHERE t.id = old.id AND old.state IN ('queued', 'retrying', 'active')
         RETURNING t.*, old.job AS old_job, NOT old.cancel_requested AS told
       ), event AS (
         INSERT INTO "${schema}".task_event (task_id, seq, type, status, data, at)
         SELECT id, last_seq, 'status', state, CASE WHEN state = 'active' THEN '{"cancel_requested":true}'::json END, clock_timestamp()
         FROM changed WHERE told
       )
       SELECT ${taskColumns}, old_job, told FROM changed`,
      [task.id, retention],
    )
    const [row] = rows
    // Its place in the queue, if it had one that was free, is the next one's.
    if (row?.state === 'cancelled' && limited) await admitNext(tx, schema, queue, definition, [task.owner])
    return row
  })
  if (changed === undefined) return finished()
  if (changed.told) notifications.events(task.id, changed.last_seq, changed.last_seq, task.owner)
  if (changed.state === 'cancelled') metrics.changed(task.operation, 'cancelled')
  if (changed.state === 'active') notifications.cancel(task.id)
  else if (definition !== undefined) {
    notifications.due(definition.queue)
    // Not in the transaction: a claim locks jobs before tasks, and this would lock them the other way round.
    if (changed.old_job !== null) await queue.remove(definition.queue, changed.old_job).catch(() => {})
  }
  return changed
}

function finished(): Problem {
  return problem('conflict', { detail: 'the task has ended already' })
}

/**
 * Starts a failed or cancelled task over, with all its attempts; its log goes on. 409 for any other state, and what a new task would be
 * refused with when too many wait already.
 */
export async function retryTask(store: TaskStore, definition: TaskDefinition, task: TaskRow): Promise<TaskRow | Problem> {
  const { database, queue, notifications, metrics } = store
  const { schema } = database
  if (task.state === 'completed' || !isEndState(task.state)) return notRetryable(task.state)
  const job = randomUUIDv7()
  const changed = await database.transaction(async (tx): Promise<TaskRow | Problem | undefined> => {
    const refusal = await admit(tx, schema, definition, task.owner)
    if (refusal !== undefined) return refusal
    const { rows } = await tx.query<TaskRow>(
      `WITH changed AS (
         UPDATE "${schema}".task
         SET state = 'queued', max_attempts = attempt + $2, job = $3, run_at = clock_timestamp(), cancel_requested = false,
             progress = NULL, message = NULL, error = NULL, finished_at = NULL, expires_at = NULL, last_seq = last_seq + 1
         WHERE id = $1 AND state IN ('failed', 'cancelled')
         RETURNING *
       ), event AS (
         INSERT INTO "${schema}".task_event (task_id, seq, type, status, at)
         SELECT id, last_seq, 'status', 'queued', clock_timestamp() FROM changed
       )
       SELECT ${taskColumns} FROM changed`,
      [task.id, definition.options.retries + 1, job],
    )
    if (rows[0] !== undefined)
      await queue.send(tx, definition.queue, [{ id: job, task: task.id, priority: task.priority, delay: 0 }])
    return rows[0]
  })
  if (changed === undefined) return notRetryable((await findTask(database, schema, task.id))?.state ?? 'gone')
  if (changed instanceof Problem) return changed
  metrics.changed(task.operation, 'retried')
  notifications.events(task.id, changed.last_seq, changed.last_seq, task.owner)
  notifications.due(definition.queue)
  return changed
}

function notRetryable(state: string): Problem {
  return problem('conflict', { detail: `the task is ${state}; only failed and cancelled tasks can be started over` })
}
