import { Diagnostics } from '../../src/documents/diagnostics.ts'
import type { Document, Located } from '../../src/documents/document.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import type { Dialect } from '../../src/model/operation.ts'
import { createSchemaCompiler, type SchemaCompiler } from '../../src/schemas/compiler.ts'

/** A document of one schema, `#/components/schemas/Subject`, and of others that it may refer to. */
export interface SchemaDocument {
  readonly compiler: SchemaCompiler
  readonly diagnostics: Diagnostics
  readonly subject: Located
  readonly dialect: Dialect
}

/** Makes the document in memory; further `members` stand at its root. */
export function schemaDocument(
  subject: unknown,
  schemas: Record<string, unknown> = {},
  dialect: Dialect = '3.1',
  members: Record<string, unknown> = {},
): SchemaDocument {
  const value = { openapi: `${dialect}.0`, ...members, components: { schemas: { ...schemas, Subject: subject } } }
  const document: Document = {
    file: '/project/openapi.json',
    name: 'openapi.json',
    value,
    text: JSON.stringify(value),
    locate: (pointer) => ({ file: pointer, line: 1, column: 1 }),
  }
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory: '/project', diagnostics })
  const compiler = createSchemaCompiler({ documents, diagnostics })
  return { compiler, diagnostics, subject: { document, pointer: '/components/schemas/Subject', value: subject }, dialect }
}

/** What a schema says against a value of a request, as `pointer: message` lines; an empty list when it is valid. */
export function complaints(source: SchemaDocument, value: unknown, direction: 'request' | 'response' = 'request'): string[] {
  const errors = source.compiler.validator(source.subject, source.dialect, direction)(value)
  return (errors ?? []).map(({ pointer, message }) => `${pointer}: ${message}`)
}
