import { Type } from 'typebox'
import type { CompileTools } from '../compile/tools.ts'
import type { Handler } from '../context.ts'
import type { Operation } from '../model/operation.ts'
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
  const near = tools.handlers.nearest(operation.id)
  tools.diagnostics.error(
    'no-target',
    operation.node,
    `operation '${operation.id}' (${operation.method} ${operation.path}) has no target: no module under handlers/ exports '${operation.id}'`,
    near === undefined
      ? `export a function named '${operation.id}', or set 'mock: true' for it in gateway.yaml`
      : `did you mean the export '${near}'?`,
  )
  return () => {
    throw new Error(`operation ${operation.id} has no handler`)
  }
}
