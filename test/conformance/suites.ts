import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import type { RequestContext } from '../../src/context.ts'
import { BootError } from '../../src/documents/diagnostics.ts'
import { serve } from '../gateway.ts'
import { serveDocument } from '../messages/serve-document.ts'
import { type Case, materialDirectory, type ParameterCase, type Result, readCases, send } from './conformance.ts'
import { startMock } from './mock.ts'
import { parameterDocument } from './parameter-document.ts'
import { acceptingProject, isSecured } from './project.ts'

/** `param-decode.json`: what the operation sees of one parameter. */
export async function runParameterCases(t: Test): Promise<Result[]> {
  const cases = readCases<ParameterCase>('param-decode.json')
  const served = await serveDocument(t, parameterDocument(cases))
  const results: Result[] = []
  for (const one of cases) {
    served.calls.length = 0
    const { status } = await send(served.url, one.request)
    results.push(judgeParameter(one, status, served.calls[0]))
  }
  return results
}

function judgeParameter(one: ParameterCase, status: number, context: RequestContext | undefined): Result {
  const { expect, param } = one
  const verdict = { id: one.id, tier: one.tier, status }
  if (expect.outcome !== 'accept') {
    const passed = context === undefined && expect.acceptableStatus?.includes(status) === true
    return { ...verdict, passed, difference: passed ? '' : `wanted ${expect.acceptableStatus}, got ${status}` }
  }
  const record =
    context && { path: context.params, query: context.query, header: context.headers, cookie: context.cookies }[param.in]
  const seen = record?.[param.name]
  const passed =
    context !== undefined && (expect.present === false ? seen === undefined : isDeepStrictEqual(plain(seen), expect.decoded))
  return {
    ...verdict,
    passed,
    difference: passed ? '' : `wanted ${JSON.stringify(expect.decoded)}, got ${JSON.stringify(seen)} (${status})`,
  }
}

/** The value without the prototypes that decoded records have. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/**
 * `cases-libopenapi.json`: whether a request reaches its operation, one document for each case. Documents with security run
 * behind credentials that are checked, all others under the mock.
 */
export async function runRequestCases(t: Test): Promise<Result[]> {
  const results: Result[] = []
  for (const [name, cases] of Map.groupBy(readCases<Case>('cases-libopenapi.json'), (one) => one.spec)) {
    const spec = join(materialDirectory, name)
    const starting = isSecured(spec) ? serve(t, acceptingProject(spec)).then(({ gateway }) => gateway) : startMock(t, spec)
    const gateway = await starting.catch(bootFailure)
    for (const one of cases)
      results.push(typeof gateway === 'string' ? refusedAtBoot(one, gateway) : await judgeRequest(one, gateway.url))
    if (typeof gateway !== 'string') await gateway.stop()
  }
  return results
}

async function judgeRequest({ id, tier, request, expect }: Case, url: string): Promise<Result> {
  const { status } = await send(url, request)
  const passed = expect.acceptableStatus?.includes(status) === true
  return {
    id,
    tier,
    status,
    passed,
    difference: passed ? '' : `wanted ${expect.outcome} ${expect.acceptableStatus}, got ${status}`,
  }
}

function refusedAtBoot({ id, tier, expect }: Case, why: string): Result {
  return { id, tier, status: 0, passed: false, difference: `wanted ${expect.outcome}, refused at boot: ${why}` }
}

function bootFailure(error: unknown): string {
  if (!(error instanceof BootError)) throw error
  return error.diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message)
    .join('; ')
}

interface SchemaCase extends Omit<Case, 'tier'> {
  readonly tier: string
  readonly valid: boolean
}

/** `jsonschema/`: bodies of one `POST` operation for each schema. Formats, which are annotations there, are asserted in OpenAPI. */
export async function runSchemaCases(t: Test, suite: 'draft2020-12' | 'draft4'): Promise<Result[]> {
  const { cases } = readCases(`jsonschema/${suite}.cases.json`) as unknown as { cases: SchemaCase[] }
  const scored = cases.filter(({ tier }) => tier !== 'format-annotation')
  const results: Result[] = []
  for (const [spec, group] of Map.groupBy(scored, (one) => one.spec)) {
    const gateway = await startMock(t, join(materialDirectory, spec))
    for (const { id, tier, request, valid } of group) {
      const { status } = await send(gateway.url, request)
      const passed = valid ? status === 200 : status === 400 || status === 422
      results.push({ id, tier, status, passed, difference: passed ? '' : `wanted ${valid ? 200 : '400 or 422'}, got ${status}` })
    }
    await gateway.stop()
  }
  return results
}
