import type { CompileTools } from '../compile/tools.ts'
import type { Operation } from '../model/operation.ts'
import type { TaskDefinition } from './definition.ts'

/** Checks results against the operation's `200` response (or `2XX`, or `default`); everything is fine where none is described. */
export function resultCheck(operation: Operation, tools: CompileTools): TaskDefinition['check'] {
  const described = ['200', '2XX', 'default'].flatMap(
    (wanted) => operation.responses.find(({ status }) => status === wanted) ?? [],
  )[0]
  const schema = described?.content.find(({ range }) => /^application\/([\w.-]+\+)?json\b/i.test(range))?.schema
  return schema === undefined ? () => undefined : tools.schemas.validator(schema, operation.dialect, 'response')
}
