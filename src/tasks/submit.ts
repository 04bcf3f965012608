import { randomUUIDv7 } from 'node:crypto'
import type { HandlerRequest } from '../context.ts'
import { Problem } from '../errors.ts'
import { admit } from './admission.ts'
import type { TaskDefinition } from './definition.ts'
import { claimKey, hashRequest, type IdempotencyKey, inFlight } from './idempotency.ts'
import { insertTasks, type NewTask } from './insert.ts'
import { createRounds } from './rounds.ts'
import type { TaskStore } from './store.ts'

export interface Submission extends Omit<NewTask, 'id' | 'input'> {
  input: HandlerRequest
  idempotencyKey: string | undefined
}

export interface Submitted {
  id: string
  /** False when an idempotency key stood for this task already. */
  fresh: boolean
}

/** Takes a task in: its row, first event, idempotency key and job become durable together, or none of them does. */
export type Submit = (definition: TaskDefinition, submission: Submission) => Promise<Submitted | Problem>

export function createSubmit({ database, queue, notifications, metrics }: TaskStore): Submit {
  /** Keys whose requests this process is taking in; the embedded database would only put the second one behind the first. */
  const keysInFlight = new Set<string>()

  const insertTogether = createRounds(
    async (definition: TaskDefinition, tasks: readonly NewTask[]) => {
      await database.transaction((tx) => insertTasks(tx, database.schema, queue, definition, tasks))
      return tasks
    },
    ({ input }) => input.length,
  )

  async function insertAlone(
    definition: TaskDefinition,
    task: NewTask,
    key: Pick<IdempotencyKey, 'key' | 'request'> | undefined,
  ): Promise<Submitted | Problem> {
    const { id, owner } = task
    return database
      .transaction(async (tx): Promise<Submitted | Problem> => {
        if (key !== undefined) {
          const known = await claimKey(tx, database.schema, { ...key, owner, operation: definition.operation.id }, id)
          if (known instanceof Problem) return known
          if (known !== undefined) return { id: known, fresh: false }
        }
        const refusal = await admit(tx, database.schema, definition, owner)
        // Thrown, so that the key is not kept for a task that was refused.
        if (refusal !== undefined) throw refusal
        await insertTasks(tx, database.schema, queue, definition, [task])
        return { id, fresh: true }
      })
      .catch((error: unknown) => {
        if (error instanceof Problem) return error
        throw error
      })
  }

  async function insert(definition: TaskDefinition, submission: Submission): Promise<Submitted | Problem> {
    const { idempotencyKey, ...request } = submission
    const { maxQueued, perOwner } = definition.options
    const id = randomUUIDv7()
    const task = { ...request, id, input: JSON.stringify(request.input) }
    const key = idempotencyKey === undefined ? undefined : { key: idempotencyKey, request: hashRequest(request.input) }
    // A task that takes a lock has a transaction of its own: no other must wait for that lock with it.
    const together = key === undefined && maxQueued === undefined && perOwner === undefined
    const outcome = together
      ? await insertTogether(definition, task).then(() => ({ id, fresh: true }))
      : await insertAlone(definition, task, key)
    if (!(outcome instanceof Problem) && outcome.fresh) {
      metrics.changed(definition.operation.id, 'submitted')
      notifications.events(id, 1, 1, task.owner)
      notifications.due(definition.queue)
    }
    return outcome
  }

  return async function submit(definition, submission) {
    const { idempotencyKey, owner } = submission
    if (idempotencyKey === undefined) return insert(definition, submission)
    const key = `${owner ?? ''}\n${definition.operation.id}\n${idempotencyKey}`
    if (keysInFlight.has(key)) return inFlight()
    keysInFlight.add(key)
    try {
      return await insert(definition, submission)
    } finally {
      keysInFlight.delete(key)
    }
  }
}
