import type { MediaType, Operation, Parameter } from '../model/operation.ts'
import type { SchemaCompiler } from '../schemas/compiler.ts'
import { parseMediaType } from './media-type.ts'
import { memoize } from './negotiation.ts'
import { pathNames } from './parameters.ts'

const isMediaType = memoize((range) => parseMediaType(range) !== undefined)

/** Announces every schema that the operation's messages will be judged by: it is checked at boot, and compiled before it is needed. */
export function expectSchemas(operation: Operation, schemas: SchemaCompiler): void {
  const { dialect, parameters, body, responses } = operation

  function expectContent(content: readonly MediaType[], direction: 'request' | 'response'): void {
    for (const { range, schema } of content) {
      if (schema !== undefined && isMediaType(range)) schemas.expect(schema, dialect, direction)
    }
  }

  function expectParameter({ content, schema }: Parameter, direction: 'request' | 'response'): void {
    const judged = content === undefined ? schema : content.schema
    if (judged !== undefined) schemas.expect(judged, dialect, direction)
  }

  for (const { content, headers } of responses) {
    expectContent(content, 'response')
    for (const header of headers) expectParameter(header, 'response')
  }
  const names = pathNames(operation)
  for (const parameter of parameters) {
    const ignored =
      (parameter.in === 'path' && !names.includes(parameter.name)) ||
      (parameter.in === 'querystring' && parameter.content === undefined)
    if (!ignored) expectParameter(parameter, 'request')
  }
  if (body !== undefined) expectContent(body.content, 'request')
}
