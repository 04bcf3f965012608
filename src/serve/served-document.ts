import { type Document, isObject, type Located } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { Operation } from '../model/operation.ts'
import { basePath as documentBasePath, joinPath } from '../model/operations.ts'
import { createBundle } from './bundle.ts'
import { type AddComponent, componentAdder } from './components.ts'
import { type DescribeTools, describeOperation } from './describe-operation.ts'

type Json = Record<string, unknown>

/** What the gateway adds to the application's own document. */
export interface DocumentFragment {
  readonly paths: Readonly<Record<string, unknown>>
  readonly tags: readonly Json[]
}

export interface ServedDocumentInput extends Pick<DescribeTools, 'registry' | 'config'> {
  readonly openapi: readonly { document: Document; prefix: string }[]
  /** The path that the served document's paths lie below. */
  readonly basePath: string
  readonly documents: Documents
  readonly operations: readonly Operation[]
  readonly fragments: readonly ((add: AddComponent) => DocumentFragment)[]
}

export interface ServedDocument {
  readonly document: Json
  /** What the document says of each operation, by operationId. */
  readonly described: ReadonlyMap<string, Json>
}

/**
 * The OpenAPI document as it is served: all files in one, at the paths that this gateway answers, with what the gateway does besides: the
 * answers of policies and targets, headers, access that gateway.yaml decides. What the document says itself stands. Of documents in
 * several versions of OpenAPI the latest is the version of the whole.
 */
export function servedDocument(input: ServedDocumentInput): ServedDocument {
  const { openapi, basePath, documents, operations, fragments, registry, config } = input
  const [main] = openapi
  if (main === undefined) return { document: {}, described: new Map() }
  const bundle = createBundle(main.document, documents)
  const version = openapi.map(({ document }) => versionOf(document)).reduce(later)
  const copy = (node: Located, of: Document) => bundle.copy(node, isOld(versionOf(of)) && !isOld(version)) as Json
  const { paths: _, components: own, ...rest } = copy(rootOf(main.document), main.document)
  const placed = openapi.flatMap((entry) => placePaths(entry, main.document, basePath, documents, copy))
  const components = mergeSections(isObject(own) ? own : {}, bundle.hoisted)
  const add = componentAdder(components, isOld(version))

  const paths: Json = {}
  const described = new Map<string, Json>()
  const byPlace = new Map(operations.map((operation) => [`${operation.method} ${operation.path}`, operation]))
  for (const { path, full, item } of placed) {
    for (const [method, place] of operationsOf(item)) {
      const operation = byPlace.get(`${method} ${full}`)
      if (operation === undefined) continue
      describeOperation(place, operation, { registry, config, components, add, security: rest.security })
      described.set(operation.id, place)
    }
    paths[path] = { ...(paths[path] as Json | undefined), ...item }
  }
  const added = fragments.map((fragment) => fragment(add))
  for (const fragment of added)
    for (const [path, item] of Object.entries(fragment.paths))
      paths[path] = { ...(item as Json), ...(paths[path] as Json | undefined) }
  const tags = uniqueTags([...openapi.flatMap(({ document }) => tagsOf(document)), ...added.flatMap(({ tags }) => tags)])
  const servers = [{ url: basePath === '' ? '/' : encodeURI(basePath) }]
  const document = { ...rest, openapi: version, servers, ...(tags.length > 0 && { tags }), paths, components }
  return { document, described }
}

interface PlacedPath {
  /** Below the base path of the served document. */
  readonly path: string
  /** As requests have it. */
  readonly full: string
  readonly item: Json
}

function placePaths(
  { document, prefix }: { document: Document; prefix: string },
  main: Document,
  basePath: string,
  documents: Documents,
  copy: (node: Located, of: Document) => Json,
): PlacedPath[] {
  const root = rootOf(document)
  const base = prefix + documentBasePath(root, documents)
  const written = documents.get(root, 'paths')
  if (written === undefined || !isObject(written.value)) return []
  return Object.keys(written.value).flatMap((template) => {
    const node = documents.get(written, template)
    if (template.startsWith('x-') || node === undefined || !isObject(node.value)) return []
    const item = copy(node, document)
    if (document !== main) inheritSecurity(item, root.value as Json)
    const full = joinPath(base, template)
    const isBelow = full.startsWith(`${basePath}/`)
    if (!isBelow) item.servers = [{ url: '/' }]
    return { path: isBelow ? full.slice(basePath.length) : full, full, item }
  })
}

/** The document's own `security` does not reach the operations of another one that is merged into it. */
function inheritSecurity(item: Json, root: Json): void {
  for (const [, operation] of operationsOf(item)) if (operation.security === undefined) operation.security = root.security ?? []
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

/** The operations of a path item by method; OpenAPI 3.2 has room for further ones. */
function operationsOf(item: Json): [method: string, operation: Json][] {
  const further = isObject(item.additionalOperations) ? Object.entries(item.additionalOperations) : []
  const fixed = methods.map((method) => [method.toUpperCase(), item[method]] as const)
  return [...fixed, ...further].flatMap(([method, operation]) => (isObject(operation) ? [[method, operation]] : []))
}

function rootOf(document: Document): Located {
  return { document, pointer: '', value: document.value }
}

function versionOf({ value }: Document): string {
  return isObject(value) ? String(value.openapi) : ''
}

function isOld(version: string): boolean {
  return version.startsWith('3.0')
}

function later(one: string, other: string): string {
  return other.slice(0, 3) > one.slice(0, 3) ? other : one
}

function tagsOf({ value }: Document): Json[] {
  return isObject(value) && Array.isArray(value.tags) ? value.tags.filter(isObject) : []
}

function uniqueTags(tags: readonly Json[]): Json[] {
  return [...new Map(tags.toReversed().map((tag) => [tag.name, tag])).values()].toReversed()
}

function mergeSections(...parts: readonly Json[]): Record<string, Json> {
  const merged: Record<string, Json> = {}
  for (const part of parts)
    for (const [section, entries] of Object.entries(part)) {
      if (isObject(entries)) merged[section] = { ...merged[section], ...entries }
    }
  return merged
}
