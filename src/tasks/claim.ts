import type { Queryable } from '../services/database.ts'
import type { Job } from '../services/queue.ts'
import type { TaskDefinition } from './definition.ts'
import { countActive, lockOwners } from './owners.ts'
import type { ClaimedTask } from './rows.ts'
import type { TaskStore } from './store.ts'

export interface Claim {
  tasks: ClaimedTask[]
  /** True when as many jobs were due as were asked for: there may be more. */
  full: boolean
}

/**
 * Takes at most `limit` due attempts of one operation for this worker: the jobs leave the queue and the tasks become active in
 * one transaction, so a process that dies has either taken an attempt or not. Tasks of owners at their limit are held back.
 */
export async function claimTasks(store: TaskStore, definition: TaskDefinition, worker: string, limit: number): Promise<Claim> {
  const { database, queue, notifications, metrics } = store
  const claim = await database.transaction(async (tx) => {
    const jobs = await queue.take(tx, definition.queue, limit)
    if (jobs.length === 0) return { tasks: [], full: false }
    const admitted = definition.options.perOwner === undefined ? jobs : await holdBack(tx, database.schema, definition, jobs)
    return { tasks: await activate(tx, database.schema, admitted, worker), full: jobs.length === limit }
  })
  for (const task of claim.tasks) {
    metrics.waited(definition.operation.id, task.waited)
    notifications.events(task.id, task.last_seq - (task.resumed ? 1 : 0), task.last_seq, task.owner)
  }
  return { full: claim.full, tasks: claim.tasks.sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1)) }
}

/** The jobs of tasks whose owners have a place left; the other tasks wait without a job until `admitNext` gives them one. */
async function holdBack(tx: Queryable, schema: string, definition: TaskDefinition, jobs: readonly Job[]): Promise<Job[]> {
  const { rows } = await tx.query<{ id: string; owner: string | null }>(
    `SELECT id, owner FROM "${schema}".task WHERE id = ANY($1::uuid[])`,
    [jobs.map(({ task }) => task)],
  )
  const ownerOf = new Map(rows.map(({ id, owner }) => [id, owner]))
  const owners = [...ownerOf.values()]
  await lockOwners(tx, definition, owners)
  const active = await countActive(tx, schema, definition, owners)
  const limit = definition.options.perOwner?.active ?? Number.POSITIVE_INFINITY
  const admitted: Job[] = []
  const held: Job[] = []
  for (const job of jobs) {
    const owner = ownerOf.get(job.task) ?? null
    const running = active.get(owner) ?? 0
    if (running < limit) active.set(owner, running + 1)
    ;(running < limit ? admitted : held).push(job)
  }
  if (held.length > 0) {
    await tx.query(
      `UPDATE "${schema}".task t SET held = true, job = NULL FROM unnest($1::uuid[], $2::uuid[]) AS j(task, id)
       WHERE t.id = j.task AND t.job = j.id AND t.state IN ('queued', 'retrying')`,
      [held.map(({ task }) => task), held.map(({ id }) => id)],
    )
  }
  return admitted
}

/** Jobs that are not (or no longer) the one that their task waits for change nothing: the task was cancelled, or is gone. */
async function activate(
  tx: Queryable,
  schema: string,
  jobs: readonly Job[],
  worker: string,
): Promise<(ClaimedTask & { resumed: boolean })[]> {
  if (jobs.length === 0) return []
  const { rows } = await tx.query<ClaimedTask & { resumed: boolean }>(
    `WITH due AS (
       SELECT t.id, t.state = 'retrying' AS resumed
       FROM "${schema}".task t JOIN unnest($1::uuid[], $2::uuid[]) AS j(task, id) ON t.id = j.task AND t.job = j.id
       WHERE t.state IN ('queued', 'retrying') ORDER BY t.id FOR UPDATE OF t
     ), claimed AS (
       UPDATE "${schema}".task t
       SET state = 'active', attempt = t.attempt + 1, fence = t.fence + 1, worker = $3, job = NULL,
           progress = NULL, message = NULL, started_at = COALESCE(t.started_at, clock_timestamp()),
           last_seq = t.last_seq + CASE WHEN due.resumed THEN 2 ELSE 1 END
       FROM due WHERE t.id = due.id
       RETURNING t.id, t.owner, t.principal, t.attempt, t.max_attempts, t.fence, t.priority, t.input, t.last_seq, t.request_id,
                 t.traceparent, due.resumed,
                 GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - t.run_at))::double precision AS waited
     ), events AS (
       INSERT INTO "${schema}".task_event (task_id, seq, type, status, data, at)
       SELECT id, last_seq, 'status', 'active', json_build_object('attempt', attempt), clock_timestamp() FROM claimed
       UNION ALL
       SELECT id, last_seq - 1, 'status', 'queued', NULL, clock_timestamp() FROM claimed WHERE resumed
     )
     SELECT * FROM claimed`,
    [jobs.map(({ task }) => task), jobs.map(({ id }) => id), worker],
  )
  return rows
}
