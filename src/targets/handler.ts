import { Type } from 'typebox'
import type { CompileTools } from '../compile/tools.ts'
import type { Handler } from '../context.ts'
import type { Operation } from '../model/operation.ts'
import { handlerName } from '../model/operation-id.ts'
import { handlerRunner } from './handler-call.ts'
import { defineTarget } from './target.ts'

/** The operation's own code from `handlers/`: what answers when gateway.yaml names no other target. */
export const handler = defineTarget({
  name: 'handler',
  schema: Type.Boolean({
    title: 'Handler',
    description: 'The operation is answered by the export of its name under handlers/ (the default).',
  }),
  compile: (_config, operation, tools) => handlerRunner(findHandler(operation, tools), operation, tools),
})

/** The handler of an operation; one that is missing is reported, and the stand-in is never called. */
export function findHandler(operation: Operation, tools: CompileTools): Handler {
  const found = tools.handlers.find(operation.id)
  if (found !== undefined) return found.handler
  reportMissing(operation, tools)
  return () => {
    throw new Error(`operation ${operation.id} has no handler`)
  }
}

function reportMissing({ id, method, path, node }: Operation, { handlers, diagnostics }: CompileTools): void {
  const missing = handlers.whyMissing(id)
  if (missing.kind === 'unknown') return
  if (missing.kind === 'unusable') {
    const { file, what } = missing
    const message = `${file} exports '${id}' for the operation ${method} ${path}, but it is ${what}`
    diagnostics.error('no-target', node, message, 'export a function that returns the answer, or a promise of it')
    return
  }
  const name = exportName(id)
  diagnostics.error(
    'no-target',
    node,
    `operation '${id}' (${method} ${path}) has no target: no module under ${handlers.directory}/ exports '${name}'`,
    missing.near === undefined ? howToExport(name) : `did you mean the export '${missing.near}'?`,
  )
}

/** The name that an export of an operation can be written with, which is its own wherever that is an identifier. */
function exportName(operationId: string): string {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(operationId) ? operationId : handlerName(operationId) || operationId
}

function howToExport(name: string): string {
  if (reservedWords.has(name))
    return `write a function of another name and export it: export { ${name}It as ${name} }, or choose another operationId`
  return `export a function named '${name}', or set 'mock: true' for it in gateway.yaml`
}

/** Words that no function can be named by in a module (ECMA-262 section 12.7.2). */
const reservedWords = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super switch ' +
    'this throw true try typeof var void while with yield'
  ).split(' '),
)
