import { isObject } from '../documents/document.ts'
import { parameterOf, variablesOf } from '../documents/path-template.ts'
import { isJson } from '../messages/media-type.ts'
import type { Operation, Parameter } from '../model/operation.ts'
import { schemaDialect } from '../schemas/dialects.ts'
import { docComment, schemaComment } from './doc-comment.ts'
import { anything, type Expression, type Member, memberName, plain, union } from './expression.ts'
import type { NamedTypes } from './named-types.ts'
import { hasDefault } from './object-type.ts'

/** The members that an operation's parameters of one place have, as they are received by its handler or sent by clients. */
export function parameterMembers(
  operation: Operation,
  place: Parameter['in'],
  view: 'received' | 'sent',
  types: NamedTypes,
): Member[] {
  const declared = operation.parameters.filter((parameter) => parameter.in === place)
  const members = declared.map((parameter) => parameterMember(parameter, operation, view, types))
  if (place !== 'path') return members
  const names = declared.map(({ name }) => name)
  // A template variable that no parameter describes is handed on as text.
  const others = variablesOf(operation.path).filter((variable) => parameterOf(variable, names) === undefined)
  return [...members, ...others.map((name) => ({ name: memberName(name), type: plain('string') }))]
}

function parameterMember(parameter: Parameter, operation: Operation, view: 'received' | 'sent', types: NamedTypes): Member {
  const { name, required, content, schema: plainSchema, node } = parameter
  const schema = content === undefined ? plainSchema : content.schema
  const dialect = schema && schemaDialect(schema, operation.dialect)
  const filled = schema !== undefined && dialect !== undefined && hasDefault(schema, { dialect, resources: types.resources })
  return {
    name: memberName(name),
    type: valueType(parameter, operation, view, types),
    optional: view === 'received' ? !(required || filled) : !required || filled,
    comment: schemaComment(node.value, schema?.value),
  }
}

function valueType(parameter: Parameter, operation: Operation, view: 'received' | 'sent', types: NamedTypes): Expression {
  const { content, allowEmptyValue } = parameter
  if (content !== undefined && !isJson(content.range) && parameter.in !== 'querystring') return plain('string')
  const schema = content === undefined ? parameter.schema : content.schema
  if (schema === undefined) return content === undefined ? plain('string') : anything
  const type = types.typeOf(schema, schemaDialect(schema, operation.dialect), view)
  return allowEmptyValue && !hasEmptyValue(schema.value) ? union([type, plain("''")]) : type
}

/** Whether `?flag` stands for a value of the schema's own; for others it is the empty text. */
function hasEmptyValue(schema: unknown): boolean {
  const type = isObject(schema) ? schema.type : undefined
  return type === 'string' || type === 'boolean' || type === 'array'
}

/** What editors show about an operation. */
export function operationComment({ node, method, path }: Operation): string {
  const { summary, description, deprecated } = node.value
  const texts = [summary, description].flatMap((part) => (typeof part === 'string' && part.trim() !== '' ? [part.trim()] : []))
  return docComment([...texts, `\`${method} ${path}\``].join('\n\n'), { deprecated: deprecated === true })
}
