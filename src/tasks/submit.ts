import { randomUUIDv7 } from 'node:crypto'
import { Problem } from '../errors.ts'
import { admit } from './admission.ts'
import type { TaskDefinition } from './definition.ts'
import { claimKey, hashRequest, inFlight } from './idempotency.ts'
import { insertTask, type NewTask } from './insert.ts'
import type { TaskStore } from './store.ts'

export interface Submission extends Omit<NewTask, 'id'> {
  idempotencyKey: string | undefined
}

export interface Submitted {
  id: string
  /** False when an idempotency key stood for this task already. */
  fresh: boolean
}

/** Keys whose requests this process is taking in; the embedded database would only put the second one behind the first. */
export type KeysInFlight = Set<string>

/** Takes a task in: its row, first event, idempotency key and job become durable together, or none of them does. */
export async function submitTask(
  store: TaskStore,
  definition: TaskDefinition,
  submission: Submission,
  keysInFlight: KeysInFlight,
): Promise<Submitted | Problem> {
  const { idempotencyKey, owner } = submission
  if (idempotencyKey === undefined) return insert(store, definition, submission)
  const key = `${owner ?? ''}\n${definition.operation.id}\n${idempotencyKey}`
  if (keysInFlight.has(key)) return inFlight()
  keysInFlight.add(key)
  try {
    return await insert(store, definition, submission)
  } finally {
    keysInFlight.delete(key)
  }
}

async function insert(store: TaskStore, definition: TaskDefinition, submission: Submission): Promise<Submitted | Problem> {
  const { database, queue, notifications, metrics } = store
  const { idempotencyKey, ...task } = submission
  const id = randomUUIDv7()
  const outcome = await database
    .transaction(async (tx): Promise<Submitted | Problem> => {
      if (idempotencyKey !== undefined) {
        const entry = {
          owner: task.owner,
          operation: definition.operation.id,
          key: idempotencyKey,
          request: hashRequest(task.input),
        }
        const known = await claimKey(tx, database.schema, entry, id)
        if (known instanceof Problem) return known
        if (known !== undefined) return { id: known, fresh: false }
      }
      const refusal = await admit(tx, database.schema, definition, task.owner)
      // Thrown, so that the key is not kept for a task that was refused.
      if (refusal !== undefined) throw refusal
      await insertTask(tx, database.schema, queue, definition, { ...task, id })
      return { id, fresh: true }
    })
    .catch((error: unknown) => {
      if (error instanceof Problem) return error
      throw error
    })
  if (!(outcome instanceof Problem) && outcome.fresh) {
    metrics.changed(definition.operation.id, 'submitted')
    notifications.events(id, 1, 1, task.owner)
    notifications.due(definition.queue)
  }
  return outcome
}
