import { randomUUIDv7 } from 'node:crypto'
import type { HandlerRequest, Principal } from '../context.ts'
import type { Queryable } from '../services/database.ts'
import type { Queue } from '../services/queue.ts'
import type { TaskDefinition } from './definition.ts'
import { insertTasks } from './insert.ts'
import type { TaskError } from './rows.ts'

/** The body of the request that a dead letter's handler sees. */
export interface DeadLetter {
  task_id: string
  operation: string
  attempts: number
  error: TaskError
  /** The request of the task that failed. */
  request: HandlerRequest
}

interface Failed {
  operation: string
  attempt: number
  owner: string | null
  principal: Principal | null
  input: HandlerRequest
  request_id: string
  traceparent: string | null
}

/** Makes a task of `receiver` out of one that failed for good, in the transaction that fails it. It has the same owner. */
export async function sendDeadLetter(
  tx: Queryable,
  schema: string,
  queue: Queue,
  receiver: TaskDefinition,
  taskId: string,
  error: TaskError,
): Promise<void> {
  const { rows } = await tx.query<Failed>(
    `SELECT operation, attempt, owner, principal, input, request_id, traceparent FROM "${schema}".task WHERE id = $1`,
    [taskId],
  )
  const [failed] = rows
  if (failed === undefined) return
  const body: DeadLetter = {
    task_id: taskId,
    operation: failed.operation,
    attempts: failed.attempt,
    error,
    request: failed.input,
  }
  const letter = {
    id: randomUUIDv7(),
    owner: failed.owner,
    principal: failed.principal ?? undefined,
    input: JSON.stringify(emptyInput(receiver, body)),
    requestId: failed.request_id,
    traceparent: failed.traceparent ?? undefined,
  }
  await insertTasks(tx, schema, queue, receiver, [letter])
}

/** A request that no client sent. */
export function emptyInput({ operation }: TaskDefinition, body: unknown): HandlerRequest {
  const contentType = body === undefined ? undefined : 'application/json'
  return { method: operation.method, path: operation.path, params: {}, query: {}, headers: {}, cookies: {}, body, contentType }
}
