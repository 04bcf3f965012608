import type { Configuration } from '../config/configuration.ts'
import { openApiEntries } from '../config/schema.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Document, Located } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import { checkOpenApi } from '../documents/openapi-document.ts'
import { rootOf } from '../documents/references.ts'
import { basePath, type DeclaredOperation, readOperations } from './operations.ts'
import { readSecuritySchemes } from './security.ts'

/** What the OpenAPI documents say, all of them taken together. */
export interface Api {
  readonly openapi: readonly { readonly document: Document; readonly prefix: string }[]
  readonly declared: readonly DeclaredOperation[]
  readonly securitySchemes: ReadonlyMap<string, Located>
  /** Path of the first document's API, `''` or for example `/api/v1`; the gateway's own routes lie below it. */
  readonly basePath: string
}

/** Reads and checks the OpenAPI documents that the configuration names. One that is refused is reported and left out. */
export function readApi({ config, root, written }: Configuration, documents: Documents, diagnostics: Diagnostics): Api {
  const openapi = openApiEntries(config.openapi).flatMap(({ file, prefix }) => {
    const document = documents.load(file, written ? root : undefined)
    return document !== undefined && checkOpenApi(document, documents, diagnostics) ? [{ document, prefix }] : []
  })
  const roots = openapi.map(({ document }) => rootOf(document))
  const [first] = openapi
  return {
    openapi,
    declared: openapi.flatMap(({ document, prefix }) => readOperations(document, prefix, documents, diagnostics)),
    securitySchemes: readSecuritySchemes(roots, documents, diagnostics),
    basePath: first === undefined ? '' : first.prefix + basePath(rootOf(first.document), documents),
  }
}
