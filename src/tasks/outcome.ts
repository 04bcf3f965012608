import type { Logger } from 'pino'
import { type Outcome, Reply } from '../context.ts'
import { Problem } from '../errors.ts'
import type { TaskDefinition } from './definition.ts'
import type { TaskError } from './rows.ts'
import type { Ending } from './settle.ts'

/**
 * What a handler's outcome means for its task. A refusal below 500 is final, trying again would be refused again; a status from
 * 500 up and a thrown error are tried again. A result that the operation's 200 response forbids is a defect of the handler: final.
 */
export function endingOf(definition: TaskDefinition, outcome: Outcome, log: Logger | undefined): Ending {
  if (outcome instanceof Problem) return { kind: 'failed', error: problemError(outcome), final: outcome.status < 500 }
  if (outcome.status >= 400) {
    const error = { code: 'failed', title: `The operation answered with status ${outcome.status}`, status: outcome.status }
    return { kind: 'failed', error, final: outcome.status < 500 }
  }
  const result = jsonOf(outcome)
  if (result instanceof Problem) return { kind: 'failed', error: problemError(result), final: true }
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

/** A result as JSON carries it; bytes and streams can't be kept. */
function jsonOf(reply: Reply): { value: unknown } | Problem {
  const { body } = reply
  if (body instanceof Uint8Array || typeof (body as { pipe?: unknown } | null | undefined)?.pipe === 'function') return unstorable
  try {
    return { value: JSON.parse(JSON.stringify(body ?? null) ?? 'null') }
  } catch {
    return unstorable
  }
}

const unstorable = new Problem(invalidResult.code, invalidResult.status, invalidResult.title, {
  detail: 'the result of a task must be JSON',
})
