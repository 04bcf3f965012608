import { isJson, isText, parseMediaType } from '../messages/media-type.ts'
import type { MediaType, Operation, RequestBody, ResponseDefinition } from '../model/operation.ts'
import { anything, type Expression, literal, type Member, memberName, objectOf, plain, union } from './expression.ts'
import { contentType, progressType } from './handler-operation.ts'
import type { NamedTypes } from './named-types.ts'
import { operationComment, parameterMembers } from './parameter-types.ts'

/** What a client's own members and promises are called; an operation of that name gets an underscore behind it. */
const ownNames = new Set(['tasks', 'then'])

export function clientName({ id }: Operation): string {
  return ownNames.has(id) ? `${id}_` : id
}

/** How an operation is called, as a member of `Api`; its shape is `ApiOperation` of `gatefold/client`. */
export function clientOperation(operation: Operation, types: NamedTypes): Member {
  const places = [
    ['params', parameterMembers(operation, 'path', 'sent', types)],
    [
      'query',
      [...parameterMembers(operation, 'query', 'sent', types), ...parameterMembers(operation, 'querystring', 'sent', types)],
    ],
    ['headers', parameterMembers(operation, 'header', 'sent', types)],
    ['cookies', parameterMembers(operation, 'cookie', 'sent', types)],
  ] as const
  const members: Member[] = places
    .filter(([, parameters]) => parameters.length > 0)
    .map(([name, parameters]) => ({ name, type: objectOf(parameters) }))
  if (operation.body !== undefined) {
    members.push({ name: 'body', type: bodyType(operation.body, operation, types) })
    members.push({ name: 'content', type: plain(literal(usualContent(operation.body))) })
  }
  members.push({ name: 'data', type: dataType(operation, types) })
  members.push({ name: 'errors', type: errorsType(operation, types) })
  if (operation.target === 'task') {
    members.push({ name: 'task', type: objectOf([{ name: 'progress', type: progressType(operation, types) ?? anything }]) })
  }
  return { name: memberName(clientName(operation)), type: objectOf(members), comment: operationComment(operation) }
}

/** The media type of a body that is sent when nothing else is said: JSON if it may be, else the first. */
export function usualContent({ content }: RequestBody): string {
  const essences = content.map(({ range }) => parseMediaType(range)?.essence ?? range)
  return (
    essences.find((essence) => essence === 'application/json') ??
    essences.find(isJson) ??
    essences[0] ??
    'application/octet-stream'
  )
}

function bodyType({ required, content }: RequestBody, operation: Operation, types: NamedTypes): Expression {
  const kinds = new Map<string, Expression[]>()
  for (const media of content) {
    const essence = parseMediaType(media.range)?.essence
    if (essence !== undefined) kinds.set(essence, [...(kinds.get(essence) ?? []), sentContent(media, essence, operation, types)])
  }
  if (content.length === 0) kinds.set('application/octet-stream', [bytes])
  const body = objectOf([...kinds].map(([essence, list]) => ({ name: memberName(essence), type: union(list) })))
  return required ? body : union([body, plain('undefined')])
}

const bytes = union([plain('Blob'), plain('ArrayBuffer'), plain('Uint8Array')])

function sentContent(media: MediaType, essence: string, operation: Operation, types: NamedTypes): Expression {
  const range = parseMediaType(essence)
  if (range !== undefined && (isJson(range) || essence === 'application/x-www-form-urlencoded')) {
    return contentType(media, operation, 'sent', types)
  }
  if (essence === 'multipart/form-data') return contentType(media, operation, 'sentForm', types)
  return range !== undefined && isText(range) ? plain('string') : union([bytes, plain('string')])
}

/** A task's result is what its 200 response describes; that it was taken in (202) is between client and server. */
function dataType(operation: Operation, types: NamedTypes): Expression {
  const all = operation.responses.filter(({ status }) => status.startsWith('2'))
  const finished =
    operation.target === 'task' ? all.filter(({ status }) => status === '200' || status === '2XX').slice(0, 1) : all
  const fallback = finished.length === 0 ? operation.responses.filter(({ status }) => status === 'default') : []
  return union([...finished, ...fallback].map((response) => answerType(response, operation, types)))
}

function errorsType(operation: Operation, types: NamedTypes): Expression {
  const refusals = operation.responses.filter(({ status }) => /^[45]|^default$/.test(status))
  return refusals.length === 0 ? anything : union(refusals.map((response) => answerType(response, operation, types)))
}

function answerType({ content }: ResponseDefinition, operation: Operation, types: NamedTypes): Expression {
  if (content.length === 0) return plain('undefined')
  return union(
    content.map((media) => {
      if (isJson(media.range)) return contentType(media, operation, 'answer', types)
      const range = parseMediaType(media.range)
      if (range === undefined || /^(\*|application)\/\*/.test(media.range)) return anything
      return plain(isText(range) ? 'string' : 'Blob')
    }),
  )
}
