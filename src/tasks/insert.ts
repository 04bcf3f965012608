import { randomUUIDv7 } from 'node:crypto'
import type { Principal } from '../context.ts'
import type { Queryable } from '../services/database.ts'
import type { Queue } from '../services/queue.ts'
import type { TaskDefinition } from './definition.ts'

/** A task that is to be. */
export interface NewTask {
  id: string
  /** `ownerOf` its principal. */
  owner: string | null
  principal: Principal | undefined
  /** The JSON of the request that its handler is to see. */
  input: string
  requestId: string
  traceparent: string | undefined
}

/** Who a task belongs to: the subject, as the scheme that vouches for it names it. Scheme names have no colon. */
export function ownerOf(principal: Principal | undefined): string | null {
  return principal === undefined ? null : `${principal.scheme}:${principal.subject}`
}

/** Writes tasks of one operation, their first events and their jobs; all or nothing with the transaction that it runs in. */
export async function insertTasks(
  tx: Queryable,
  schema: string,
  queue: Queue,
  { operation, options, queue: name }: TaskDefinition,
  tasks: readonly NewTask[],
): Promise<void> {
  const { priority, delay, retries } = options
  const jobs = tasks.map(({ id }) => ({ id: randomUUIDv7(), task: id, priority, delay }))
  await tx.query(
    `WITH task AS (
       INSERT INTO "${schema}".task
         (id, operation, owner, principal, state, max_attempts, job, run_at, priority, input, last_seq, request_id, traceparent)
       SELECT n.id, $1, n.owner, n.principal::json, 'queued', $2, n.job,
              clock_timestamp() + $3::double precision * interval '1 millisecond', $4, n.input::json, 1, n.request_id, n.traceparent
       FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
         AS n(id, job, owner, principal, input, request_id, traceparent)
       RETURNING id, created_at
     )
     INSERT INTO "${schema}".task_event (task_id, seq, type, status, at) SELECT id, 1, 'status', 'queued', created_at FROM task`,
    [
      operation.id,
      retries + 1,
      delay,
      priority,
      tasks.map(({ id }) => id),
      jobs.map(({ id }) => id),
      tasks.map(({ owner }) => owner),
      tasks.map(({ principal }) => (principal === undefined ? null : JSON.stringify(principal))),
      tasks.map(({ input }) => input),
      tasks.map(({ requestId }) => requestId),
      tasks.map(({ traceparent }) => traceparent ?? null),
    ],
    { prepare: true },
  )
  await queue.send(tx, name, jobs)
}
