import { type Document, isObject, type Located } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { basePath as documentBasePath } from '../model/operations.ts'
import { type Bundle, createBundle } from './bundle.ts'

/** Paths and components that the gateway adds to the application's own document. */
export interface DocumentFragment {
  readonly paths?: Record<string, unknown>
  readonly components?: Record<string, Record<string, unknown>>
  readonly tags?: readonly unknown[]
}

export interface ServedDocumentInput {
  readonly openapi: readonly { document: Document; prefix: string }[]
  /** The path that the served document's paths lie below. */
  readonly basePath: string
  readonly documents: Documents
  readonly fragments: readonly DocumentFragment[]
}

/** The OpenAPI document as it is served: all files in one, at the paths that this gateway answers. */
export function servedDocument({ openapi, basePath, documents, fragments }: ServedDocumentInput): Record<string, unknown> {
  const [main] = openapi
  if (main === undefined) return {}
  const bundle = createBundle(main.document, documents)
  const {
    paths: _,
    components,
    ...rest
  } = bundle.copy({ document: main.document, pointer: '', value: main.document.value }) as Record<string, unknown>
  const paths: Record<string, unknown> = {}
  for (const entry of openapi) addPaths(paths, entry, { bundle, documents, basePath, main: main.document })
  for (const fragment of fragments) Object.assign(paths, fragment.paths)
  return {
    ...rest,
    servers: [{ url: basePath === '' ? '/' : basePath }],
    ...(fragments.some(({ tags }) => tags) && {
      tags: [...(Array.isArray(rest.tags) ? rest.tags : []), ...fragments.flatMap(({ tags }) => tags ?? [])],
    }),
    paths,
    components: mergeSections([
      isObject(components) ? components : {},
      bundle.hoisted,
      ...fragments.map((fragment) => fragment.components ?? {}),
    ]),
  }
}

interface PathsInput {
  bundle: Bundle
  documents: Documents
  basePath: string
  main: Document
}

function addPaths(paths: Record<string, unknown>, entry: { document: Document; prefix: string }, input: PathsInput): void {
  const { bundle, documents, basePath, main } = input
  const root: Located = { document: entry.document, pointer: '', value: entry.document.value }
  const base = entry.prefix + documentBasePath(root, documents)
  const written = documents.get(root, 'paths')
  if (written === undefined || !isObject(written.value)) return
  for (const template of Object.keys(written.value)) {
    const node = documents.get(written, template)
    if (node === undefined || !isObject(node.value)) continue
    const item = bundle.copy(node) as Record<string, unknown>
    if (entry.document !== main) inheritSecurity(item, root.value as Record<string, unknown>)
    const path = base.startsWith(basePath) ? base.slice(basePath.length) + template : template
    if (!base.startsWith(basePath)) item.servers = [{ url: base === '' ? '/' : base }]
    paths[path] = { ...(isObject(paths[path]) ? paths[path] : {}), ...item }
  }
}

/** The document's own `security` does not reach the operations of another one that is merged into it. */
function inheritSecurity(item: Record<string, unknown>, root: Record<string, unknown>): void {
  for (const operation of Object.values(item)) {
    if (isObject(operation) && isObject(operation.responses) && operation.security === undefined)
      operation.security = root.security ?? []
  }
}

function mergeSections(parts: readonly Record<string, unknown>[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {}
  for (const part of parts) {
    for (const [section, entries] of Object.entries(part)) {
      merged[section] = isObject(merged[section]) && isObject(entries) ? { ...merged[section], ...entries } : entries
    }
  }
  return merged
}
