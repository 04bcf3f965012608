import type { Diagnostics } from '../documents/diagnostics.ts'
import { type Document, isObject, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { Dialect, Method } from './operation.ts'
import { deriveOperationId } from './operation-id.ts'

/** One operation as the document has it, before gateway.yaml is looked at. */
export interface DeclaredOperation {
  readonly id: string
  readonly derivedId: boolean
  /** Its `operationId` is refused, and reported: what it was to be called is not known, so its name is nobody's. */
  readonly misnamed: boolean
  readonly method: Method
  /** Path template with the base path. */
  readonly path: string
  readonly document: Document
  readonly root: Located
  readonly dialect: Dialect
  /** As written: its `$ref` is not followed yet, because what stands beside it counts too. */
  readonly pathItem: Located
  readonly node: Located<Record<string, unknown>>
}

/** The fixed fields of a path item that are operations (OpenAPI 3.2 section 4.9 adds `query`). */
const methods: readonly Method[] = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE', 'QUERY']

/**
 * All operations of an OpenAPI document, in document order. `prefix` is put before the document's own base path.
 * Callbacks and webhooks are requests that somebody else answers: they are no operations of this gateway.
 */
export function readOperations(
  document: Document,
  prefix: string,
  documents: Documents,
  diagnostics: Diagnostics,
): DeclaredOperation[] {
  const root: Located = { document, pointer: '', value: document.value }
  const dialect: Dialect = isObject(document.value) && String(document.value.openapi).startsWith('3.0') ? '3.0' : '3.1'
  const base = prefix + basePath(root, documents)
  const operations: DeclaredOperation[] = []
  for (const [template, written] of members(documents.get(root, 'paths'))) {
    if (template.startsWith('x-')) continue
    for (const [method, node] of methodsOf(written, documents)) {
      if (!isObject(node.value)) {
        diagnostics.error('wrong-type', node, `the operation ${method} ${template} must be an object`)
        continue
      }
      const { operationId } = node.value
      const given = typeof operationId === 'string' && operationId !== '' ? operationId : undefined
      operations.push({
        id: given ?? deriveOperationId(method, template),
        derivedId: given === undefined,
        misnamed: operationId !== undefined && typeof operationId !== 'string',
        method,
        path: joinPath(base, template),
        document,
        root,
        dialect,
        pathItem: written,
        node: node as Located<Record<string, unknown>>,
      })
    }
  }
  return distinct(operations)
}

/**
 * The operations of a path item: of its fixed fields, of `additionalOperations` (OpenAPI 3.2), its own and those that its `$ref` adds
 * (OpenAPI 3.1 section 4.8.9.1: only what stands in both places is undefined).
 */
export function methodsOf(pathItem: Located, documents: Documents): [Method, Located][] {
  const fixed = methods.map((method): [Method, Located | undefined] => [method, documents.get(pathItem, method.toLowerCase())])
  const additional = members(documents.get(pathItem, 'additionalOperations'))
  return [...fixed, ...additional].filter((entry): entry is [Method, Located] => entry[1] !== undefined)
}

/**
 * Derived names give way to given ones and to each other, by a number, in document order. A name that is given twice belongs to the
 * first operation; the other is misnamed, unless it is the same one of a path item that stands at two paths.
 */
function distinct(operations: DeclaredOperation[]): DeclaredOperation[] {
  const taken = new Set<string>()
  const holders = new Map<string, Located>()
  const named = operations.map((operation) => {
    const { id, method, path, node, derivedId } = operation
    if (derivedId) return operation
    const holder = holders.get(id)
    if (holder === undefined) {
      holders.set(id, node)
      taken.add(id)
      return operation
    }
    const misnamed = holder.document !== node.document || holder.pointer !== node.pointer
    return { ...operation, id: deriveOperationId(method, path), derivedId: true, misnamed }
  })
  return named.map((operation) => {
    if (!operation.derivedId) return operation
    let id = operation.id
    for (let n = 2; taken.has(id); n++) id = `${operation.id}${n}`
    taken.add(id)
    return { ...operation, id }
  })
}

/** The path of the first server's URL, its variables at their defaults, without a slash at the end. */
export function basePath(root: Located, documents: Documents): string {
  const server = documents.get(root, 'servers', 0)
  if (server === undefined || !isObject(server.value) || typeof server.value.url !== 'string') return ''
  const variables = documents.get(server, 'variables')
  const url = server.value.url.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const variable = variables && documents.get(variables, name)
    return isObject(variable?.value) ? String(variable.value.default ?? '') : ''
  })
  try {
    const { pathname } = new URL(url, 'http://localhost')
    // `localhost:8080/api` is a URL of a scheme called "localhost"; its path begins after the port.
    const path = pathname.startsWith('/') ? pathname : new URL(`http://${url}`).pathname
    return decodeURI(path).replace(/\/+$/, '')
  } catch {
    return ''
  }
}

export function joinPath(base: string, template: string): string {
  return base + (template.startsWith('/') ? template : `/${template}`)
}
