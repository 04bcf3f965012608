import { METHODS } from 'node:http'
import type { Diagnostics } from './diagnostics.ts'
import { child, isObject, type Located, members } from './document.ts'
import type { Documents } from './documents.ts'
import { checkBody, checkContent } from './openapi-content.ts'
import { checkParameterFields } from './openapi-parameter.ts'
import { checkTemplate } from './openapi-template.ts'
import { parameterOf, variablesOf } from './path-template.ts'
import { wrongReference } from './references.ts'
import { nearest } from './suggest.ts'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']
const pathItemKeys = new Set([...methods, '$ref', 'summary', 'description', 'servers', 'parameters', 'additionalOperations'])
const places = ['path', 'query', 'header', 'cookie', 'querystring']

/** Checks every path item and operation for what would keep them from being served as they are meant. */
export function checkOperations(root: Located, documents: Documents, diagnostics: Diagnostics): void {
  const ids = new Map<string, Located>()
  for (const [template, written] of members(child(root, 'paths'))) {
    if (template.startsWith('x-')) continue
    checkTemplate(template, written, diagnostics)
    const pathItem = documents.follow(written)
    if (pathItem === undefined) continue
    if (!isObject(pathItem.value)) {
      diagnostics.error('wrong-type', pathItem, `the path ${template} must hold an object`)
      continue
    }
    checkPathItemKeys(template, pathItem, diagnostics)
    for (const [method, operation] of operationsOf(written, documents, diagnostics)) {
      checkOperationId(operation, ids, diagnostics)
      checkParameters({ template, method, pathItem: written, operation }, documents, diagnostics)
      checkBody(`${method.toUpperCase()} ${template}`, operation, documents, diagnostics)
      checkResponses(`${method.toUpperCase()} ${template}`, operation, documents, diagnostics)
    }
  }
}

/** Those with a field of their own, beside the path item's `$ref` or behind it, and the additional ones (OpenAPI 3.2). */
function operationsOf(pathItem: Located, documents: Documents, diagnostics: Diagnostics): [string, Located][] {
  const fixed = methods.map((method): [string, Located | undefined] => [method, documents.get(pathItem, method)])
  const additional = members(documents.get(pathItem, 'additionalOperations'))
  for (const [method, node] of additional) checkMethod(method, node, diagnostics)
  return [...fixed, ...additional].filter((entry): entry is [string, Located] => isObject(entry[1]?.value))
}

function checkMethod(method: string, node: Located, diagnostics: Diagnostics): void {
  if (METHODS.includes(method) && method !== 'CONNECT') return
  const hint = METHODS.includes(method.toUpperCase()) ? `Did you mean "${method.toUpperCase()}"?` : undefined
  const at = node.document.locate(node.pointer, 'key')
  diagnostics.warning('unknown-method', at, `"${method}" is no method that an HTTP server of Node.js accepts`, hint)
}

/** A misspelt method is an error: the operation would be missing, and its path would answer 405. */
function checkPathItemKeys(template: string, pathItem: Located, diagnostics: Diagnostics): void {
  for (const [key, node] of members(pathItem)) {
    if (pathItemKeys.has(key) || key.startsWith('x-')) continue
    const at = node.document.locate(node.pointer, 'key')
    const near = nearest(key, pathItemKeys)
    const isKey = key === 'security' || (near !== undefined && !methods.includes(near))
    if (isKey) {
      const hint =
        near === undefined ? 'It stands with each operation, or once for the whole document.' : `Did you mean "${near}"?`
      diagnostics.warning('unknown-key', at, `"${key}" at ${template} is no key of a path; it is ignored`, hint)
      continue
    }
    const severity = near !== undefined && isObject(node.value) ? 'error' : 'warning'
    const hint = near === undefined ? `Methods are ${methods.join(', ')}.` : `Did you mean "${near}"?`
    diagnostics[severity]('unknown-method', at, `"${key}" at ${template} is no method; it is not served`, hint)
  }
}

function checkOperationId(operation: Located, ids: Map<string, Located>, diagnostics: Diagnostics): void {
  const node = child(operation, 'operationId')
  if (node === undefined) return
  if (typeof node.value !== 'string') {
    diagnostics.error('wrong-type', node, 'an operationId must be text')
    return
  }
  const first = ids.get(node.value)
  if (first === undefined) {
    ids.set(node.value, node)
    return
  }
  // The same path item may stand at two paths by $ref.
  if (first.document === node.document && first.pointer === node.pointer) return
  const { file, line } = first.document.locate(first.pointer)
  diagnostics.error(
    'duplicate-operation-id',
    node,
    `the operationId "${node.value}" was used before, at ${file}:${line}`,
    'Each operation needs a name of its own.',
  )
}

interface OperationPlace {
  template: string
  method: string
  pathItem: Located
  operation: Located
}

function checkParameters(
  { template, method, pathItem, operation }: OperationPlace,
  documents: Documents,
  diagnostics: Diagnostics,
): void {
  const name = `${method.toUpperCase()} ${template}`
  const inherited = readParameters(name, pathItem, documents, diagnostics)
  const own = readParameters(name, operation, documents, diagnostics)
  const declared = [...inherited, ...own].filter(({ place }) => place === 'path').map((parameter) => parameter.name)
  const variables = variablesOf(template)
  const described = variables.map((variable) => parameterOf(variable, declared))
  for (const { name: variable, place, node } of [...inherited, ...own]) {
    if (place !== 'path' || described.includes(variable)) continue
    const near = nearest(variable, variables)
    const hint = near === undefined ? undefined : `Did you mean {${near}}?`
    diagnostics.warning(
      'path-parameter',
      node,
      `the path parameter "${variable}" does not stand in the path "${template}"; it is ignored`,
      hint,
    )
  }
  for (const [index, variable] of variables.entries()) {
    if (described[index] === undefined)
      diagnostics.warning(
        'path-parameter',
        operation,
        `${name} declares no parameter for {${variable}}; any text is accepted there`,
      )
  }
}

interface ParameterPlace {
  name: string
  place: string
  node: Located
}

function readParameters(operation: string, holder: Located, documents: Documents, diagnostics: Diagnostics): ParameterPlace[] {
  const list = documents.get(holder, 'parameters')
  if (list === undefined) return []
  if (!Array.isArray(list.value)) {
    diagnostics.error('wrong-type', list, `the parameters of ${operation} must be a list`)
    return []
  }
  const found = new Map<string, ParameterPlace>()
  for (const [, written] of members(list)) {
    const node = documents.follow(written)
    // That is reported where references are checked.
    if (node !== undefined && wrongReference(node) !== undefined) continue
    const parameter = node && readParameter(operation, node, documents, diagnostics)
    if (parameter === undefined) continue
    const key = `${parameter.place} ${parameter.name}`
    if (found.has(key))
      diagnostics.error(
        'duplicate-parameter',
        written,
        `the ${parameter.place} parameter "${parameter.name}" of ${operation} is declared twice`,
      )
    else found.set(key, parameter)
  }
  return [...found.values()]
}

function readParameter(
  operation: string,
  node: Located,
  documents: Documents,
  diagnostics: Diagnostics,
): ParameterPlace | undefined {
  const name = child(node, 'name')
  const place = child(node, 'in')
  if (typeof name?.value !== 'string') {
    diagnostics.error('invalid-parameter', name ?? node, `a parameter of ${operation} has no "name"`)
    return undefined
  }
  if (typeof place?.value === 'string' && places.includes(place.value)) {
    checkParameterFields(`the ${place.value} parameter "${name.value}"`, place.value, node, documents, diagnostics)
    return { name: name.value, place: place.value, node }
  }
  const found = place === undefined ? 'no "in"' : `"in: ${String(place.value)}"`
  const isSwagger = place?.value === 'body' || place?.value === 'formData'
  const hint = isSwagger ? 'OpenAPI 3 describes bodies by "requestBody".' : undefined
  diagnostics.error(
    'invalid-parameter',
    place ?? node,
    `the parameter "${name.value}" of ${operation} has ${found}; allowed are ${places.join(', ')}`,
    hint,
  )
  return undefined
}

function checkResponses(operation: string, node: Located, documents: Documents, diagnostics: Diagnostics): void {
  const responses = documents.get(node, 'responses')
  if (responses === undefined) return
  if (!isObject(responses.value)) {
    diagnostics.error('wrong-type', responses, `the responses of ${operation} must be an object of status codes`)
    return
  }
  for (const [status, response] of members(responses)) {
    if (status.startsWith('x-')) continue
    if (!/^([1-5]\d\d|[1-5][xX]{2}|default)$/.test(status)) {
      diagnostics.warning(
        'invalid-status',
        response.document.locate(response.pointer, 'key'),
        `"${status}" at ${operation} is no status: it must be 100 to 599, 1XX to 5XX, or default`,
      )
    } else if (!isObject(response.value)) {
      diagnostics.error('wrong-type', response, `the response ${status} of ${operation} must be an object`)
    } else {
      const described = documents.follow(response)
      if (described !== undefined) checkContent('a response', described, 'warning', documents, diagnostics)
    }
  }
}
