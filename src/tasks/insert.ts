import { randomUUIDv7 } from 'node:crypto'
import type { HandlerRequest, Principal } from '../context.ts'
import type { Queryable } from '../services/database.ts'
import type { Queue } from '../services/queue.ts'
import type { TaskDefinition } from './definition.ts'

/** A task that is to be. */
export interface NewTask {
  id: string
  /** `ownerOf` its principal. */
  owner: string | null
  principal: Principal | undefined
  input: HandlerRequest
  requestId: string
  traceparent: string | undefined
}

/** Who a task belongs to: the subject, as the scheme that vouches for it names it. Scheme names have no colon. */
export function ownerOf(principal: Principal | undefined): string | null {
  return principal === undefined ? null : `${principal.scheme}:${principal.subject}`
}

/** Writes a task, its first event and its job; all or nothing with the transaction that it runs in. */
export async function insertTask(
  tx: Queryable,
  schema: string,
  queue: Queue,
  definition: TaskDefinition,
  task: NewTask,
): Promise<void> {
  const { operation, options } = definition
  const job = randomUUIDv7()
  await tx.query(
    `WITH task AS (
       INSERT INTO "${schema}".task
         (id, operation, owner, principal, state, max_attempts, job, run_at, priority, input, last_seq, request_id, traceparent)
       VALUES ($1, $2, $3, $4, 'queued', $5, $6, clock_timestamp() + $7::double precision * interval '1 millisecond', $8, $9, 1, $10, $11)
       RETURNING id, created_at
     )
     INSERT INTO "${schema}".task_event (task_id, seq, type, status, at) SELECT id, 1, 'status', 'queued', created_at FROM task`,
    [
      task.id,
      operation.id,
      task.owner,
      task.principal === undefined ? null : JSON.stringify(task.principal),
      options.retries + 1,
      job,
      options.delay,
      options.priority,
      JSON.stringify(task.input),
      task.requestId,
      task.traceparent ?? null,
    ],
  )
  await queue.send(tx, definition.queue, { id: job, task: task.id, priority: options.priority, delay: options.delay })
}
