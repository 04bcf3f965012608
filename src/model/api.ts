import type { Configuration } from '../config/configuration.ts'
import { type OpenApiEntry, openApiEntries } from '../config/schema.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Document, type Located } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { checkOpenApi } from '../documents/openapi-document.ts'
import { rootOf } from '../documents/references.ts'
import { basePath, type DeclaredOperation, readOperations } from './operations.ts'
import { readSecuritySchemes } from './security.ts'

/** What the OpenAPI documents say, all of them taken together. */
export interface Api {
  readonly openapi: readonly { readonly document: Document; readonly prefix: string }[]
  readonly declared: readonly DeclaredOperation[]
  /** False when the documents hold operations besides whose names were refused: a name that nobody has may be one of theirs. */
  readonly complete: boolean
  readonly securitySchemes: ReadonlyMap<string, Located>
  /** Path of the first document's API, `''` or for example `/api/v1`; the gateway's own routes lie below it. */
  readonly basePath: string
}

/**
 * Reads and checks the OpenAPI documents that the configuration names. One that is refused is reported and left out, and so is an operation
 * whose name is refused; a mock has no use for names and serves it under one that is derived.
 */
export function readApi(configuration: Configuration, mocking: boolean, documents: Documents, diagnostics: Diagnostics): Api {
  const openapi = namedDocuments(configuration).flatMap(({ file, prefix, from }) => {
    const document = documents.load(file, from)
    return document !== undefined && checkOpenApi(document, documents, diagnostics) ? [{ document, prefix }] : []
  })
  const roots = openapi.map(({ document }) => rootOf(document))
  const [first] = openapi
  const all = openapi.map(({ document, prefix }) => readOperations(document, prefix, documents, diagnostics))
  const declared = mocking ? all : all.map((operations) => operations.filter(({ misnamed }) => !misnamed))
  reportSharedIds(declared, diagnostics)
  return {
    openapi,
    declared: declared.flat(),
    complete: declared.flat().length === all.flat().length,
    securitySchemes: readSecuritySchemes(roots, documents, diagnostics),
    basePath: first === undefined ? '' : first.prefix + basePath(rootOf(first.document), documents),
  }
}

/** None when what names them was refused: the default, which stands in its place then, is not what was meant. */
function namedDocuments({ config, root, written, refused }: Configuration): (OpenApiEntry & { from: Located | undefined })[] {
  const section = child(root, 'openapi')
  if (section !== undefined && refused(section.pointer)) return []
  return openApiEntries(config.openapi).map((entry, index) => {
    const entryNode = section && child(section, index)
    const from = (entryNode && child(entryNode, 'file')) ?? section ?? root
    return { ...entry, from: written ? from : undefined }
  })
}

/** Within one document this is found when it is checked; gateway.yaml and handlers name operations of all documents alike. */
function reportSharedIds(declared: readonly (readonly DeclaredOperation[])[], diagnostics: Diagnostics): void {
  const firsts = new Map<string, DeclaredOperation>()
  for (const operations of declared) {
    const own = new Map(operations.map((operation) => [operation.id, operation]))
    for (const [id, operation] of own) {
      const first = firsts.get(id)
      if (first === undefined) firsts.set(id, operation)
      else reportSharedId(operation, first, diagnostics)
    }
  }
}

function reportSharedId({ id, derivedId, node }: DeclaredOperation, first: DeclaredOperation, diagnostics: Diagnostics): void {
  const { file, line } = first.document.locate(first.node.pointer, 'key')
  const what = derivedId ? `the operation has no operationId, and its name '${id}'` : `the operationId "${id}"`
  diagnostics.error(
    'duplicate-operation-id',
    child(node, 'operationId') ?? node,
    `${what} belongs to an operation of another document already, at ${file}:${line}`,
    'Each operation needs a name of its own, in all documents together.',
  )
}
