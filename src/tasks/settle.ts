import { randomUUIDv7 } from 'node:crypto'
import type { Queryable } from '../services/database.ts'
import { retryDelay } from './backoff.ts'
import { sendDeadLetter } from './dead-letter.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { type Report, reportArrays, reportsSource } from './log.ts'
import { admitNext, lockOwners } from './owners.ts'
import type { TaskError } from './rows.ts'
import type { EndState, TaskState } from './states.ts'
import type { TaskStore } from './store.ts'

/** A running attempt, as far as ending it needs. */
export interface Attempt {
  id: string
  owner: string | null
  attempt: number
  max_attempts: number
  fence: number
  priority: number
}

/** How an attempt ended. */
export type Ending =
  | { kind: 'completed'; result: unknown }
  /** `final`: trying again would not help. `delay` in milliseconds; by the operation's backoff when absent. */
  | { kind: 'failed'; error: TaskError; final?: boolean; delay?: number }
  /** The process had to go before the handler was done: costs no attempt. */
  | { kind: 'returned'; reason: string }

interface Ended {
  state: TaskState
  last_seq: number
}

interface Change {
  state: EndState | 'retrying' | 'queued'
  result: unknown
  error: TaskError | null
  data: unknown
  /** Set when the task goes back to the queue. */
  next: { job: string; delay: number } | undefined
}

/**
 * Ends an attempt, with what it reported last. False when it was no longer the one that runs (its worker was taken for dead and the
 * task given to another): then nothing is written. A cancel that was accepted wins over every other ending.
 */
export async function settle(
  store: TaskStore,
  definitions: TaskDefinitions,
  definition: TaskDefinition,
  attempt: Attempt,
  ending: Ending,
  reports: readonly Report[] = [],
): Promise<boolean> {
  const { database, notifications, metrics } = store
  const change = changeOf(definition, attempt, ending)
  const alone =
    change.next === undefined &&
    definition.options.perOwner === undefined &&
    !(change.state === 'failed' && definition.options.deadLetter !== undefined)
  const ended = alone
    ? await write(database, database.schema, definition, attempt, change, reports)
    : await database.transaction(async (tx) => {
        if (definition.options.perOwner !== undefined) await lockOwners(tx, definition, [attempt.owner])
        const written = await write(tx, database.schema, definition, attempt, change, reports)
        if (written !== undefined) await follow(tx, store, definitions, definition, attempt, change, written)
        return written
      })
  if (ended === undefined) return false
  metrics.ended(definition, ended.state)
  const receiver = ended.state === 'failed' ? definitions.get(definition.options.deadLetter ?? '') : undefined
  if (receiver !== undefined) metrics.changed(receiver.operation.id, 'submitted')
  notifications.events(attempt.id, ended.last_seq - reports.length, ended.last_seq, attempt.owner)
  if (!alone) for (const queue of dueQueues(definitions, definition)) notifications.due(queue)
  return true
}

/** The queues in which an ending may have made something due. */
function dueQueues(definitions: TaskDefinitions, { queue, options }: TaskDefinition): string[] {
  const receiver = definitions.get(options.deadLetter ?? '')
  return receiver === undefined ? [queue] : [queue, receiver.queue]
}

function changeOf(definition: TaskDefinition, attempt: Attempt, ending: Ending): Change {
  if (ending.kind === 'completed') return { state: 'completed', result: ending.result, error: null, data: null, next: undefined }
  if (ending.kind === 'returned') {
    return {
      state: 'queued',
      result: null,
      error: null,
      data: { reason: ending.reason },
      next: { job: randomUUIDv7(), delay: 0 },
    }
  }
  const { error } = ending
  if (ending.final === true || attempt.attempt >= attempt.max_attempts) {
    return { state: 'failed', result: null, error, data: { error }, next: undefined }
  }
  const delay = ending.delay ?? retryDelay(definition.options.backoff, attempt.attempt)
  const data = { attempt: attempt.attempt, error, delay_ms: delay }
  return { state: 'retrying', result: null, error, data, next: { job: randomUUIDv7(), delay } }
}

/** One statement: the state, the last reports and the event of the change, under the fence. */
async function write(
  database: Queryable,
  schema: string,
  definition: TaskDefinition,
  attempt: Attempt,
  change: Change,
  reports: readonly Report[],
): Promise<Ended | undefined> {
  const last = reports.findLast((report) => report.type === 'progress')
  const { rows } = await database.query<Ended>(
    `WITH task AS (
       UPDATE "${schema}".task
       SET state = CASE WHEN cancel_requested THEN 'cancelled' ELSE $3::text END,
           result = CASE WHEN cancel_requested THEN NULL ELSE $4::json END,
           error = CASE WHEN cancel_requested THEN NULL ELSE $5::json END,
           attempt = CASE WHEN $3::text = 'queued' THEN attempt - 1 ELSE attempt END,
           worker = NULL,
           job = CASE WHEN cancel_requested THEN NULL ELSE $6::uuid END,
           run_at = clock_timestamp() + COALESCE($7::double precision, 0) * interval '1 millisecond',
           progress = CASE WHEN $3::text = 'completed' AND NOT cancel_requested THEN 1 ELSE COALESCE($8::double precision, progress) END,
           message = COALESCE($9::text, message),
           finished_at = CASE WHEN $6::uuid IS NULL OR cancel_requested THEN clock_timestamp() END,
           expires_at = CASE WHEN $6::uuid IS NULL OR cancel_requested THEN clock_timestamp() + $10::double precision * interval '1 millisecond' END,
           last_seq = last_seq + $11::int + 1
       WHERE id = $1 AND fence = $2 AND state = 'active'
       RETURNING state, last_seq
     ), reports AS (
       INSERT INTO "${schema}".task_event (task_id, seq, type, status, progress, data, at)
       SELECT $1::uuid, task.last_seq - 1 - $11::int + r.position, r.type, 'active', r.progress, r.data::json, r.at FROM task, ${reportsSource(13)}
     ), event AS (
       INSERT INTO "${schema}".task_event (task_id, seq, type, status, progress, data, at)
       SELECT $1::uuid, last_seq, 'status', state, CASE WHEN state = 'completed' THEN 1 END,
              CASE WHEN state <> 'cancelled' THEN $12::json END, clock_timestamp() FROM task
     )
     SELECT state, last_seq FROM task`,
    [
      attempt.id,
      attempt.fence,
      change.state,
      json(change.result),
      json(change.error),
      change.next?.job ?? null,
      change.next?.delay ?? null,
      last?.progress ?? null,
      last?.message ?? null,
      definition.options.retention,
      reports.length,
      json(change.data),
      ...reportArrays(reports),
    ],
  )
  return rows[0]
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** What follows from an ending, in its transaction: the next attempt's job, the owner's next task, the dead letter. */
async function follow(
  tx: Queryable,
  { database: { schema }, queue }: TaskStore,
  definitions: TaskDefinitions,
  definition: TaskDefinition,
  attempt: Attempt,
  { next, state, error }: Change,
  ended: Ended,
): Promise<void> {
  if (next !== undefined && ended.state !== 'cancelled') {
    await queue.send(tx, definition.queue, { id: next.job, task: attempt.id, priority: attempt.priority, delay: next.delay })
  }
  if (definition.options.perOwner !== undefined) await admitNext(tx, schema, queue, definition, attempt.owner)
  const receiver =
    state === 'failed' && ended.state === 'failed' ? definitions.get(definition.options.deadLetter ?? '') : undefined
  if (receiver !== undefined && error !== null) await sendDeadLetter(tx, schema, queue, receiver, attempt.id, error)
}
