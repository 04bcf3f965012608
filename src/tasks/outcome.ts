import type { Logger } from 'pino'
import { type Outcome, Reply } from '../context.ts'
import { Problem } from '../errors.ts'
import type { TaskDefinition } from './definition.ts'
import type { TaskError } from './rows.ts'
import type { Ending } from './settle.ts'

/**
 * What a handler's outcome means for its task. A refusal below 500 is final, trying again would be refused again; a status from
 * 500 up and a thrown error are tried again. A result that the operation's 200 response forbids, or that is too large, is a defect
 * of the handler: final.
 */
export function endingOf(definition: TaskDefinition, outcome: Outcome, log: Logger | undefined): Ending {
  if (outcome instanceof Problem) return { kind: 'failed', error: problemError(outcome), final: outcome.status < 500 }
  if (outcome.status >= 400) {
    const error = { code: 'failed', title: `The operation answered with status ${outcome.status}`, status: outcome.status }
    return { kind: 'failed', error, final: outcome.status < 500 }
  }
  const result = jsonOf(outcome, definition.options.resultLimit)
  if (result instanceof Problem) {
    log?.error({ reason: result.detail }, 'the result of a task cannot be kept')
    return { kind: 'failed', error: problemError(result), final: true }
  }
  const errors = definition.check(result.value)
  if (errors === undefined) return { kind: 'completed', result: result.value }
  log?.error({ errors }, 'the result of a task does not match the 200 response of its operation')
  return { kind: 'failed', error: invalidResult, final: true }
}

const invalidResult: TaskError = {
  code: 'invalid_response',
  title: 'The server produced a response that its API description forbids',
  status: 500,
}

/**
 * What a thrown value means: a problem or reply is an answer, anything else a fault that only the log may know. Without a log for
 * handlers that were stopped: what they throw then is their way to stop.
 */
export function endingOfThrown(definition: TaskDefinition, thrown: unknown, log: Logger | undefined): Ending {
  if (thrown instanceof Problem || thrown instanceof Reply) return endingOf(definition, thrown, log)
  log?.error({ err: thrown }, 'a task failed')
  return { kind: 'failed', error: { code: 'internal_error', title: 'Something went wrong on the server', status: 500 } }
}

function problemError({ code, title, status, detail, errors }: Problem): TaskError {
  return { code, title, status, ...(detail !== undefined && { detail }), ...(errors !== undefined && { errors }) }
}

/** A result as JSON carries it, in at most `limit` bytes; bytes and streams can't be kept. */
function jsonOf(reply: Reply, limit: number): { value: unknown } | Problem {
  const { body } = reply
  if (body instanceof Uint8Array || typeof (body as { pipe?: unknown } | null | undefined)?.pipe === 'function') return unstorable
  try {
    const text = JSON.stringify(body ?? null) ?? 'null'
    const size = Buffer.byteLength(text)
    return size > limit ? tooLarge(`${size} bytes`, limit) : { value: JSON.parse(text) }
  } catch (error) {
    // V8 has no text of more than half a gigabyte. Its other RangeError says that the value nests too deeply.
    const endless = error instanceof RangeError && error.message === 'Invalid string length'
    return endless ? tooLarge('more than 512 MB', limit) : unstorable
  }
}

function tooLarge(size: string, limit: number): Problem {
  return new Problem('result_too_large', 500, 'The result is larger than a task may keep', {
    detail: `as JSON it has ${size}; the limit (tasks.resultLimit) is ${limit} bytes`,
  })
}

const unstorable = new Problem(invalidResult.code, invalidResult.status, invalidResult.title, {
  detail: 'the result of a task must be JSON',
})

/** The ending in place of one that the database does not take. */
export const notStored: Ending = {
  kind: 'failed',
  error: { code: 'result_not_stored', title: 'The outcome of the task could not be stored', status: 500 },
  final: true,
}

/**
 * Whether storing an outcome that failed with this error would fail again: SQLSTATE classes 22 (a value) and 54 (a limit), a text that
 * is longer than the engine allows; and, since others may have used it up, memory (53200) only when it was tried `tries` times.
 */
export function failsAgain(error: unknown, tries: number): boolean {
  if (error instanceof RangeError) return true
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^(22|54)/.test(code) || (code === '53200' && tries >= 3)
}
