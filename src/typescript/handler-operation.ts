import { child } from '../documents/document.ts'
import { isJson, isText, parseMediaType } from '../messages/media-type.ts'
import type { MediaType, Operation, Parameter, RequestBody, ResponseDefinition } from '../model/operation.ts'
import { schemaDialect } from '../schemas/dialects.ts'
import { anything, type Expression, type Member, memberName, objectOf, plain, union } from './expression.ts'
import type { NamedTypes } from './named-types.ts'
import { operationComment, parameterMembers } from './parameter-types.ts'
import type { View } from './view.ts'

/** What an operation's handler gets and may answer with, as a member of `Operations`; its shape is `OperationTypes` of the package. */
export function handlerOperation(operation: Operation, types: NamedTypes): Member {
  const places = [
    ['params', parameterMembers(operation, 'path', 'received', types)],
    [
      'query',
      [
        ...parameterMembers(operation, 'query', 'received', types),
        ...parameterMembers(operation, 'querystring', 'received', types),
      ],
    ],
    ['headers', parameterMembers(operation, 'header', 'received', types)],
    ['cookies', parameterMembers(operation, 'cookie', 'received', types)],
  ] as const
  const members: Member[] = places
    .filter(([, parameters]) => parameters.length > 0)
    .map(([name, parameters]) => ({ name, type: objectOf(parameters) }))
  if (operation.body !== undefined) members.push({ name: 'body', type: bodyType(operation.body, operation, types) })
  const replies = operation.responses.map((response) => ({ response, type: replyType(response, operation, types) }))
  members.push({ name: 'result', type: resultType(operation, types) })
  members.push({ name: 'replies', type: objectOf(replies.map(({ response, type }) => ({ name: statusKey(response), type }))) })
  const headed = operation.responses.filter(({ headers }) => headers.length > 0)
  if (headed.length > 0) {
    members.push({
      name: 'replyHeaders',
      type: objectOf(headed.map((response) => ({ name: statusKey(response), type: headersType(response) }))),
    })
  }
  members.push({ name: 'caller', type: plain(isAnonymous(operation) ? "'optional'" : "'required'") })
  const progress = progressType(operation, types)
  if (progress !== undefined) members.push({ name: 'progress', type: progress })
  return { name: memberName(operation.id), type: objectOf(members), comment: operationComment(operation) }
}

/** Whether somebody without credentials may call. */
function isAnonymous({ access }: Operation): boolean {
  return access.kind === 'public' || access.alternatives.some((alternative) => alternative.length === 0)
}

/** `x-progress` of an operation: the schema of the data that its handler reports on the way. */
export function progressType(operation: Operation, types: NamedTypes): Expression | undefined {
  const schema = child(operation.node, 'x-progress')
  return schema && types.typeOf(schema, schemaDialect(schema, operation.dialect), 'answer')
}

function bodyType({ required, content }: RequestBody, operation: Operation, types: NamedTypes): Expression {
  const kinds = new Map<string, Expression[]>()
  for (const media of content) {
    const essence = parseMediaType(media.range)?.essence
    if (essence === undefined) continue
    kinds.set(essence, [...(kinds.get(essence) ?? []), receivedContent(media, essence, operation, types)])
  }
  if (content.length === 0) kinds.set('*/*', [plain('BodyBytes')])
  const body = objectOf([...kinds].map(([essence, list]) => ({ name: memberName(essence), type: union(list) })))
  return required ? body : union([body, plain('undefined')])
}

/** How a body is decoded stands in `compileBody`. */
function receivedContent(media: MediaType, essence: string, operation: Operation, types: NamedTypes): Expression {
  const range = parseMediaType(essence)
  if (range === undefined || /^(\*|application)\/\*$/.test(essence)) return anything
  if (isJson(range) || essence === 'application/x-www-form-urlencoded') return contentType(media, operation, 'received', types)
  if (essence === 'multipart/form-data') return contentType(media, operation, 'receivedForm', types)
  return plain(isText(range) ? 'string' : 'BodyBytes')
}

export function contentType({ schema }: MediaType, operation: Operation, view: View, types: NamedTypes): Expression {
  return schema === undefined ? anything : types.typeOf(schema, schemaDialect(schema, operation.dialect), view)
}

function replyType({ content }: ResponseDefinition, operation: Operation, types: NamedTypes): Expression {
  if (content.length === 0) return plain('undefined')
  return union(
    content.map((media) => {
      if (isJson(media.range)) return contentType(media, operation, 'answer', types)
      return /^(\*|application)\/\*/.test(media.range) ? anything : union([plain('string'), plain('Bytes')])
    }),
  )
}

/** What a plain value means stands in `replyMaker`. */
function resultType(operation: Operation, types: NamedTypes): Expression {
  const { responses } = operation
  const success = responses.find(({ status }) => status.startsWith('2')) ?? responses.find(({ status }) => status === 'default')
  if (success === undefined) return anything
  if (success.content.length === 0) return plain('void')
  const type = replyType(success, operation, types)
  return responses.some(({ status }) => status === '204') ? union([type, plain('void')]) : type
}

export function statusKey({ status }: ResponseDefinition): string {
  return /^\d+$/.test(status) ? status : memberName(status)
}

function headersType({ headers }: ResponseDefinition): Expression {
  const value = union([plain('string'), plain('string[]')])
  return objectOf(
    headers.map(({ name, required }: Parameter) => ({ name: memberName(name.toLowerCase()), optional: !required, type: value })),
  )
}
