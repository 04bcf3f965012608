import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { BootError, type Diagnostic, Diagnostics } from '../../src/documents/diagnostics.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { isJson, parseMediaType } from '../../src/messages/media-type.ts'
import type { Operation, ResponseDefinition } from '../../src/model/operation.ts'
import { createSchemaCompiler } from '../../src/schemas/compiler.ts'
import { type Answer, materialDirectory, type Result, send } from './conformance.ts'
import { startMock } from './mock.ts'
import { createOwnValidator } from './own-validator.ts'
import { sampleRequest } from './sample-request.ts'

/** One document under `gatefold mock`. */
export interface DocumentResult {
  readonly file: string
  /** The first error when the document is refused. */
  readonly refusal: Diagnostic | undefined
  /** One for each operation. */
  readonly operations: readonly Result[]
}

const directory = join(materialDirectory, 'documents')

/** The documents of `documents/`; a directory holds one of several files, and one of another version. */
export function documentFiles(): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /(?:^[^/]+|\/openapi|\/swagger)\.(?:json|ya?ml)$/.test(file)).sort()
}

/** Serves a document as `gatefold mock` does and asks each of its operations once. */
export async function runDocument(t: Test, file: string): Promise<DocumentResult> {
  const path = join(directory, file)
  const gateway = await startMock(t, path).catch(refusal)
  if ('code' in gateway) return { file, refusal: gateway, operations: [] }
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory, diagnostics })
  const schemas = createSchemaCompiler({ documents, diagnostics })
  const judge = createOwnValidator(documents)
  const operations: Result[] = []
  for (const operation of gateway.plan.operations) {
    const answer = await send(gateway.url, sampleRequest(operation, schemas))
    const difference = compare(operation, answer, judge) ?? ''
    operations.push({ id: `${file} ${operation.id}`, tier: 'A', passed: difference === '', status: answer.status, difference })
  }
  await gateway.stop()
  return { file, refusal: undefined, operations }
}

function refusal(error: unknown): Diagnostic {
  const first = error instanceof BootError ? error.diagnostics.find(({ severity }) => severity === 'error') : undefined
  if (first === undefined) throw error
  return first
}

/** What is wrong with an answer by the operation's own responses; undefined when nothing is. */
function compare(
  operation: Operation,
  { status, contentType, body }: Answer,
  judge: ReturnType<typeof createOwnValidator>,
): string | undefined {
  const response = findResponse(operation.responses, status)
  if (response === undefined) return operation.responses.length === 0 ? undefined : `${status} is not declared: ${body}`
  if (response.content.length === 0 || status === 204) return body === '' ? undefined : 'a body that is not declared'
  const essence = parseMediaType(contentType)?.essence ?? ''
  const content = response.content.find(({ range }) => parseMediaType(range)?.essence === essence || range.endsWith('/*'))
  if (content === undefined) return `${status} as ${contentType}, which is not declared: ${body}`
  if (content.schema === undefined || !isJson(essence)) return undefined
  const found = judge(content.schema, JSON.parse(body))
  return found && `${status}: ${found}`
}

function findResponse(responses: readonly ResponseDefinition[], status: number): ResponseDefinition | undefined {
  const keys = [String(status), `${Math.floor(status / 100)}XX`, ...(status < 400 ? ['default'] : [])]
  return keys.map((key) => responses.find((response) => response.status === key)).find((found) => found !== undefined)
}
