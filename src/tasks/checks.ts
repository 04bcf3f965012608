import type { Diagnostics } from '../documents/diagnostics.ts'
import { nearest } from '../documents/suggest.ts'
import type { Operation } from '../model/operation.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { placeOf } from './options.ts'

/** Reports what an operation cannot be as a task: its request is kept as JSON, and its task should belong to somebody. */
export function checkOperation(operation: Operation, diagnostics: Diagnostics): void {
  const unfit = operation.body?.content.find(({ range }) => !storable.test(range))
  if (unfit !== undefined) {
    diagnostics.error(
      'task-body',
      unfit.node,
      `operation '${operation.id}' is a task and takes ${unfit.range}: the request of a task is kept as JSON, so it can be JSON, a form or text`,
      'take the file in an operation of its own and pass its id to the task',
    )
  }
  if (operation.access.kind === 'public' || operation.access.alternatives.some((alternative) => alternative.length === 0)) {
    diagnostics.warning(
      'task-without-owner',
      placeOf(operation),
      `operation '${operation.id}' can be called by anybody, so whoever knows the id of such a task can see and cancel it`,
      "give the operation OpenAPI 'security'",
    )
  }
}

const storable = /^(application\/([\w.-]+\+)?json|application\/x-www-form-urlencoded|text\/[\w.+*-]+)\s*(;|$)/i

/** Reports dead letters that lead nowhere or in a circle; called with all tasks at hand. */
export function checkDeadLetters(asTasks: readonly Operation[], definitions: TaskDefinitions, diagnostics: Diagnostics): void {
  // Those that could not be compiled are tasks all the same.
  const names = asTasks.map(({ id }) => id)
  for (const definition of definitions.values()) {
    const { deadLetter } = definition.options
    if (deadLetter === undefined) continue
    const at = placeOf(definition.operation, 'deadLetter')
    if (!names.includes(deadLetter)) {
      const near = nearest(deadLetter, names)
      diagnostics.error(
        'unknown-dead-letter',
        at,
        `'${deadLetter}' is no operation that runs as a task`,
        near === undefined ? `give operation '${deadLetter}' the setting 'task: {}'` : `did you mean '${near}'?`,
      )
    } else if (leadsBack(definitions, definition)) {
      diagnostics.error(
        'dead-letter-circle',
        at,
        `the dead letters of '${definition.operation.id}' come back to it: a failure would go round for ever`,
      )
    }
  }
}

function leadsBack(definitions: TaskDefinitions, start: TaskDefinition): boolean {
  const seen = new Set<TaskDefinition>()
  let next = definitions.get(start.options.deadLetter ?? '')
  while (next !== undefined && !seen.has(next)) {
    if (next === start) return true
    seen.add(next)
    next = definitions.get(next.options.deadLetter ?? '')
  }
  return false
}
