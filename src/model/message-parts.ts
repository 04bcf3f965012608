import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { MediaType, Parameter, ParameterPlace, ParameterStyle, RequestBody, ResponseDefinition } from './operation.ts'
import type { DeclaredOperation } from './operations.ts'

/** The default style of each place (OpenAPI 3.1 section 4.8.12.2). */
const defaultStyle: Record<ParameterPlace, ParameterStyle> = { path: 'simple', query: 'form', header: 'simple', cookie: 'form' }

/** These headers are described elsewhere in the document; a parameter of their name is ignored (OpenAPI 3.1 section 4.8.12). */
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization'])

/** The parameters of an operation: its own, and those of its path item that it does not override (same name and place). */
export function readParameters(operation: DeclaredOperation, documents: Documents): Parameter[] {
  const merged = new Map<string, Parameter>()
  for (const holder of [operation.pathItem, operation.node]) {
    for (const [, written] of members(documents.get(holder, 'parameters'))) {
      const node = documents.follow(written)
      const parameter = node && readParameter(node, documents)
      if (parameter !== undefined) merged.set(`${parameter.in} ${parameter.name}`, parameter)
    }
  }
  return [...merged.values()]
}

function readParameter(node: Located, documents: Documents): Parameter | undefined {
  if (!isObject(node.value) || typeof node.value.name !== 'string') return undefined
  const place = node.value.in
  if (place !== 'path' && place !== 'query' && place !== 'header' && place !== 'cookie' && place !== 'querystring')
    return undefined
  if (place === 'header' && ignoredHeaders.has(node.value.name.toLowerCase())) return undefined
  return describeParameter(node.value.name, place, node, documents)
}

function describeParameter(name: string, place: Parameter['in'], node: Located, documents: Documents): Parameter {
  const value = node.value as Record<string, unknown>
  const style =
    typeof value.style === 'string' ? (value.style as ParameterStyle) : place === 'querystring' ? 'form' : defaultStyle[place]
  return {
    name,
    in: place,
    required: place === 'path' || value.required === true,
    style,
    explode: typeof value.explode === 'boolean' ? value.explode : style === 'form' || style === 'cookie',
    allowReserved: value.allowReserved === true,
    allowEmptyValue: place === 'query' && value.allowEmptyValue === true,
    schema: child(node, 'schema'),
    content: readContent(node, documents)[0],
    node,
  }
}

export function readBody(operation: DeclaredOperation, documents: Documents): RequestBody | undefined {
  const node = documents.get(operation.node, 'requestBody')
  if (node === undefined || !isObject(node.value)) return undefined
  return { required: node.value.required === true, content: readContent(node, documents), node }
}

export function readResponses(operation: DeclaredOperation, documents: Documents): ResponseDefinition[] {
  const responses: ResponseDefinition[] = []
  for (const [status, written] of members(documents.get(operation.node, 'responses'))) {
    const node = documents.follow(written)
    if (node === undefined || status.startsWith('x-')) continue
    responses.push({
      status: status.toUpperCase().replace('DEFAULT', 'default'),
      content: readContent(node, documents),
      headers: readHeaders(node, documents),
      node,
    })
  }
  return responses
}

/** Declared response headers; `Content-Type` is described by `content` and ignored here (OpenAPI 3.1 section 4.8.17.1). */
function readHeaders(response: Located, documents: Documents): Parameter[] {
  const headers: Parameter[] = []
  for (const [name, written] of members(documents.get(response, 'headers'))) {
    const node = documents.follow(written)
    if (node === undefined || !isObject(node.value) || name.toLowerCase() === 'content-type') continue
    headers.push(describeParameter(name, 'header', node, documents))
  }
  return headers
}

function readContent(holder: Located, documents: Documents): MediaType[] {
  return members(documents.get(holder, 'content')).flatMap(([range, written]) => {
    const node = documents.follow(written)
    if (node === undefined) return []
    return [{ range, schema: child(node, 'schema'), encoding: child(node, 'encoding'), node }]
  })
}
