import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { Test } from 'tap'
import { compileEndpoints } from '../../src/compile/endpoints.ts'
import type { CompileTools } from '../../src/compile/tools.ts'
import { type Outcome, Reply, type RequestContext } from '../../src/context.ts'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { problem } from '../../src/errors.ts'
import { readBody, readParameters, readResponses } from '../../src/model/message-parts.ts'
import type { Operation } from '../../src/model/operation.ts'
import { readOperations } from '../../src/model/operations.ts'
import { validate } from '../../src/policies/validate.ts'
import { createSchemaCompiler } from '../../src/schemas/compiler.ts'
import { createTraffic } from '../../src/serve/listener.ts'
import { defineTarget } from '../../src/targets/target.ts'

export interface ServedDocument {
  readonly url: string
  readonly operations: readonly Operation[]
  /** What reached the target, in order. */
  readonly calls: RequestContext[]
  /** Log lines, in order. */
  readonly log: Record<string, unknown>[]
  readonly diagnostics: Diagnostics
  readonly tools: CompileTools
}

interface Options {
  request?: string
  response?: string
  bodyLimit?: number
  partLimit?: number
  /** Milliseconds. */
  requestTimeout?: number
  /** What the target answers; 200 without a body when absent. */
  answer?: (context: RequestContext) => Outcome | Promise<Outcome>
}

/** Serves an OpenAPI document by the real router, validate policy and responder, for as long as a test runs. */
export async function serveDocument(t: Test, document: object | string, options: Options = {}): Promise<ServedDocument> {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const file = typeof document === 'string' ? document : join(directory, 'openapi.json')
  if (typeof document !== 'string')
    writeFileSync(file, JSON.stringify({ openapi: '3.1.0', info: { title: 't', version: '1' }, ...document }))

  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory, diagnostics })
  const loaded = documents.load(file)
  if (loaded === undefined) throw new Error(`cannot read ${file}`)
  const { request = 'enforce', response = 'report', partLimit = 100, bodyLimit = 65_536 } = options
  const settings = new Map([
    ['validate', { value: { request, response, partLimit, bodyLimit }, origins: new Map(), node: undefined }],
  ])
  const operations = readOperations(loaded, '', documents, diagnostics).map((declared) => ({
    ...declared,
    parameters: readParameters(declared, documents),
    body: readBody(declared, documents),
    responses: readResponses(declared, documents),
    access: { kind: 'public' as const },
    settings,
    off: new Map(),
    target: 'probe',
  }))

  const calls: RequestContext[] = []
  const probe = defineTarget({
    name: 'probe',
    schema: {},
    compile: () => (context) => {
      calls.push(context)
      return options.answer?.(context) ?? new Reply(200)
    },
  })
  const log: Record<string, unknown>[] = []
  const tools = {
    config: { server: { bodyLimit, requestTimeout: options.requestTimeout ?? 5000 } },
    documents,
    diagnostics,
    schemas: createSchemaCompiler({ documents, diagnostics }),
    log: pino({ level: 'warn' }, { write: (line: string) => void log.push(JSON.parse(line)) }),
  } as unknown as CompileTools
  const router = compileEndpoints(operations, { policies: [validate], targets: [probe], services: [] }, tools)
  const elsewhere = { operation: operations[0] as Operation, pipeline: () => problem('not_found') }
  const traffic = createTraffic({ router, elsewhere, done: () => {}, fault: () => problem('internal_error') }, 60_000)
  const server = createServer(traffic.listener).on('checkContinue', traffic.listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, operations, calls, log, diagnostics, tools }
}
