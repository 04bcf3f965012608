import { type Problem, problem, type ValidationError } from '../errors.ts'
import { type TaskState, taskStates } from './states.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether text can be a task's id; any other is nobody's task. */
export function isTaskId(text: unknown): text is string {
  return typeof text === 'string' && uuid.test(text)
}

export interface ListQuery {
  operation: string | undefined
  states: TaskState[]
  before: string | undefined
  limit: number
}

/** Reads the query of `GET /tasks`: `operation`, `status` (repeated or separated by commas), `cursor`, `limit` (1 to 100). */
export function readListQuery(query: URLSearchParams): ListQuery | Problem {
  const errors: ValidationError[] = []
  const states = query.getAll('status').flatMap((text) => text.split(','))
  for (const state of states) {
    if (!taskStates.includes(state as TaskState)) errors.push(wrong('status', `must be one of ${taskStates.join(', ')}`))
  }
  const limit = readInteger(query.get('limit'), 'limit', { least: 1, most: 100, preset: 20 }, errors)
  const cursor = query.get('cursor')
  const before = cursor === null ? undefined : decodeCursor(cursor)
  if (cursor !== null && before === undefined) errors.push(wrong('cursor', 'must be a next_cursor of an earlier answer'))
  const operation = query.get('operation') ?? undefined
  // Nothing is named by them, and Postgres takes no NUL for a text.
  if (operation !== undefined && /\p{Cc}/u.test(operation)) errors.push(wrong('operation', 'must be the id of an operation'))
  if (errors.length > 0) return problem('validation_failed', { errors })
  return { operation, states: states as TaskState[], before, limit }
}

export interface EventsQuery {
  after: number
  /** Seconds to wait for an event when there is none. */
  wait: number
}

/** Reads where a log is to be read from: `Last-Event-ID` (it is the newer one when a stream is resumed), else `after`; and `wait`. */
export function readEventsQuery(query: URLSearchParams, lastEventId: string): EventsQuery | Problem {
  const errors: ValidationError[] = []
  const after = readInteger(query.get('after'), 'after', { least: 0, most: 2 ** 31 - 1, preset: 0 }, errors)
  const wait = readInteger(query.get('wait'), 'wait', { least: 0, most: 60, preset: 0 }, errors)
  const resumed = /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : undefined
  if (lastEventId !== '' && resumed === undefined) {
    errors.push({ place: 'header', pointer: '/last-event-id', message: 'must be the id of an event of this task' })
  }
  return errors.length > 0 ? problem('validation_failed', { errors }) : { after: resumed ?? after, wait }
}

function readInteger(
  text: string | null,
  name: string,
  { least, most, preset }: { least: number; most: number; preset: number },
  errors: ValidationError[],
): number {
  if (text === null) return preset
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  errors.push(wrong(name, `must be an integer from ${least} to ${most}`))
  return preset
}

function wrong(name: string, message: string): ValidationError {
  return { place: 'query', pointer: `/${name}`, message }
}

export function encodeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}

function decodeCursor(cursor: string): string | undefined {
  const hex = Buffer.from(cursor, 'base64url').toString('hex')
  if (!/^[\w-]{22}$/.test(cursor) || hex.length !== 32) return undefined
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
