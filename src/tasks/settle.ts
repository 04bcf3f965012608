import { randomUUIDv7 } from 'node:crypto'
import type { Queryable } from '../services/database.ts'
import { retryDelay } from './backoff.ts'
import { sendDeadLetter } from './dead-letter.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { type Report, type ReportRow, reportArrays, reportRows, reportsSource } from './log.ts'
import { admitNext, lockOwners } from './owners.ts'
import { createRounds } from './rounds.ts'
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

/** One attempt and what becomes of it. */
interface Settlement {
  attempt: Attempt
  change: Change
  reports: readonly ReportRow[]
  lastProgress: Report | undefined
}

interface Ended {
  id: string
  fence: number
  state: TaskState
  last_seq: number
  /** Whether tasks of its owner are held back. */
  others_wait: boolean
}

interface Change {
  state: EndState | 'retrying' | 'queued'
  /** JSON, as that of the event's data. */
  result: string | null
  error: TaskError | null
  data: string | null
  /** Set when the task goes back to the queue. */
  next: { job: string; delay: number } | undefined
}

/**
 * Ends an attempt, with what it reported last. False when it was no longer the one that runs (its worker was taken for dead and the
 * task given to another): then nothing is written. A cancel that was accepted wins over every other ending.
 */
export type Settle = (
  definition: TaskDefinition,
  attempt: Attempt,
  ending: Ending,
  reports?: readonly Report[],
) => Promise<boolean>

export function createSettle(store: TaskStore, definitions: TaskDefinitions): Settle {
  const { database, notifications, metrics } = store

  const settleTogether = createRounds((definition: TaskDefinition, settlements: readonly Settlement[]) => {
    if (settlements.every(({ change }) => isAlone(definition, change)))
      return write(database, database.schema, definition, settlements)
    return database.transaction(async (tx) => {
      if (definition.options.perOwner !== undefined) {
        const owners = settlements.map(({ attempt }) => attempt.owner)
        await lockOwners(tx, definition, owners)
      }
      const written = await write(tx, database.schema, definition, settlements)
      await follow(tx, store, definitions, definition, settlements, written)
      return written
    })
  }, sizeOf)

  return async function settle(definition, attempt, ending, reports = []) {
    const change = changeOf(definition, attempt, ending)
    const lastProgress = reports.findLast(({ type }) => type === 'progress')
    const ended = await settleTogether(definition, { attempt, change, reports: reportRows(attempt.id, reports), lastProgress })
    if (ended === undefined) return false
    metrics.ended(definition, ended.state)
    const receiver = ended.state === 'failed' ? definitions.get(definition.options.deadLetter ?? '') : undefined
    if (receiver !== undefined) metrics.changed(receiver.operation.id, 'submitted')
    notifications.events(attempt.id, ended.last_seq - reports.length, ended.last_seq, attempt.owner)
    if (!isAlone(definition, change)) for (const queue of dueQueues(definitions, definition)) notifications.due(queue)
    return true
  }
}

function sizeOf({ change, reports }: Settlement): number {
  const texts = [change.result, change.data, ...reports.map(({ data }) => data)]
  return texts.reduce((size, text) => size + (text?.length ?? 0), 0)
}

/** Nothing follows from such an ending. */
function isAlone({ options }: TaskDefinition, { next, state }: Change): boolean {
  return next === undefined && options.perOwner === undefined && !(state === 'failed' && options.deadLetter !== undefined)
}

/** The queues in which an ending may have made something due. */
function dueQueues(definitions: TaskDefinitions, { queue, options }: TaskDefinition): string[] {
  const receiver = definitions.get(options.deadLetter ?? '')
  return receiver === undefined ? [queue] : [queue, receiver.queue]
}

function changeOf(definition: TaskDefinition, attempt: Attempt, ending: Ending): Change {
  if (ending.kind === 'completed')
    return { state: 'completed', result: json(ending.result), error: null, data: null, next: undefined }
  if (ending.kind === 'returned') {
    return {
      state: 'queued',
      result: null,
      error: null,
      data: JSON.stringify({ reason: ending.reason }),
      next: { job: randomUUIDv7(), delay: 0 },
    }
  }
  const { error } = ending
  if (ending.final === true || attempt.attempt >= attempt.max_attempts) {
    return { state: 'failed', result: null, error, data: JSON.stringify({ error }), next: undefined }
  }
  const delay = ending.delay ?? retryDelay(definition.options.backoff, attempt.attempt)
  const data = JSON.stringify({ attempt: attempt.attempt, error, delay_ms: delay })
  return { state: 'retrying', result: null, error, data, next: { job: randomUUIDv7(), delay } }
}

/**
 * One statement: the states, the last reports and the events of the changes, each under its fence. What was written, for each
 * settlement that was. A worker settles its own attempts only, and takes over one lost attempt at a time, so two of these statements
 * have at most one row in common and cannot wait for each other in a circle.
 */
async function write(
  database: Queryable,
  schema: string,
  definition: TaskDefinition,
  settlements: readonly Settlement[],
): Promise<(Ended | undefined)[]> {
  const changes = settlements.map(({ change }) => change)
  const { rows } = await database.query<Ended>(
    `WITH settled AS (
       UPDATE "${schema}".task t
       SET state = CASE WHEN t.cancel_requested THEN 'cancelled' ELSE e.state END,
           result = CASE WHEN t.cancel_requested THEN NULL ELSE e.result::json END,
           error = CASE WHEN t.cancel_requested THEN NULL ELSE e.error::json END,
           attempt = CASE WHEN e.state = 'queued' THEN t.attempt - 1 ELSE t.attempt END,
           worker = NULL,
           job = CASE WHEN t.cancel_requested THEN NULL ELSE e.job END,
           run_at = clock_timestamp() + COALESCE(e.delay, 0) * interval '1 millisecond',
           progress = CASE WHEN e.state = 'completed' AND NOT t.cancel_requested THEN 1 ELSE COALESCE(e.progress, t.progress) END,
           message = COALESCE(e.message, t.message),
           finished_at = CASE WHEN e.job IS NULL OR t.cancel_requested THEN clock_timestamp() END,
           expires_at = CASE WHEN e.job IS NULL OR t.cancel_requested THEN clock_timestamp() + $1::double precision * interval '1 millisecond' END,
           last_seq = t.last_seq + e.reports + 1
       FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::double precision[],
                   $9::double precision[], $10::text[], $11::int[], $12::text[])
         AS e(id, fence, state, result, error, job, delay, progress, message, reports, data)
       WHERE t.id = e.id AND t.fence = e.fence AND t.state = 'active'
       RETURNING t.id, t.operation, t.owner, t.fence, t.state, t.last_seq, e.reports, e.data
     ), reports AS (
       INSERT INTO "${schema}".task_event (task_id, seq, type, status, progress, data, at)
       SELECT s.id, s.last_seq - 1 - s.reports + r.place, r.type, 'active', r.progress, r.data::json, r.at
       FROM settled s JOIN ${reportsSource(13)} ON r.task = s.id
     ), event AS (
       INSERT INTO "${schema}".task_event (task_id, seq, type, status, progress, data, at)
       SELECT id, last_seq, 'status', state, CASE WHEN state = 'completed' THEN 1 END,
              CASE WHEN state <> 'cancelled' THEN data::json END, clock_timestamp() FROM settled
     )
     SELECT s.id, s.fence, s.state, s.last_seq, EXISTS (
       SELECT FROM "${schema}".task h WHERE h.held AND h.operation = s.operation AND h.owner IS NOT DISTINCT FROM s.owner
     ) AS others_wait FROM settled s`,
    [
      definition.options.retention,
      settlements.map(({ attempt }) => attempt.id),
      settlements.map(({ attempt }) => attempt.fence),
      changes.map(({ state }) => state),
      changes.map(({ result }) => result),
      changes.map(({ error }) => json(error)),
      changes.map(({ next }) => next?.job ?? null),
      changes.map(({ next }) => next?.delay ?? null),
      settlements.map(({ lastProgress }) => lastProgress?.progress ?? null),
      settlements.map(({ lastProgress }) => lastProgress?.message ?? null),
      settlements.map(({ reports }) => reports.length),
      changes.map(({ data }) => data),
      ...reportArrays(settlements.flatMap(({ reports }) => reports)),
    ],
  )
  return settlements.map(({ attempt }) => rows.find(({ id, fence }) => id === attempt.id && fence === attempt.fence))
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** What follows from endings, in their transaction: jobs of next attempts, next tasks of owners, dead letters. */
async function follow(
  tx: Queryable,
  { database: { schema }, queue }: TaskStore,
  definitions: TaskDefinitions,
  definition: TaskDefinition,
  settlements: readonly Settlement[],
  ended: readonly (Ended | undefined)[],
): Promise<void> {
  const jobs = settlements.flatMap(({ attempt: { id, priority }, change: { next } }, index) => {
    const state = ended[index]?.state
    return next === undefined || state === undefined || state === 'cancelled'
      ? []
      : [{ id: next.job, task: id, priority, delay: next.delay }]
  })
  if (jobs.length > 0) await queue.send(tx, definition.queue, jobs)
  const places = settlements.filter((_, index) => ended[index]?.others_wait).map(({ attempt }) => attempt.owner)
  if (places.length > 0) await admitNext(tx, schema, queue, definition, places)
  const receiver = definitions.get(definition.options.deadLetter ?? '')
  if (receiver === undefined) return
  for (const [index, { attempt, change }] of settlements.entries()) {
    const failed = change.state === 'failed' && ended[index]?.state === 'failed'
    if (failed && change.error !== null) await sendDeadLetter(tx, schema, queue, receiver, attempt.id, change.error)
  }
}
