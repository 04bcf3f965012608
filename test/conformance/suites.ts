import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import type { RequestContext } from '../../src/context.ts'
import { BootError } from '../../src/documents/diagnostics.ts'
import { serve } from '../gateway.ts'
import { serveDocument } from '../messages/serve-document.ts'
import { type Case, materialDirectory, type ParameterCase, type Result, readCases, send } from './conformance.ts'
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
 * `cases-libopenapi.json`: whether a request reaches its operation, one document per case. Documents with security run in the
 * whole gateway, the others (many) behind its router, policies and responder alone, which boot in a tenth of the time.
 */
export async function runRequestCases(t: Test): Promise<Result[]> {
  const results: Result[] = []
  for (const [name, cases] of Map.groupBy(readCases<Case>('cases-libopenapi.json'), (one) => one.spec)) {
    const spec = join(materialDirectory, name)
    const served = isSecured(spec) ? await serve(t, acceptingProject(spec)).catch(bootFailure) : await serveDocument(t, spec)
    for (const one of cases)
      results.push(typeof served === 'string' ? refusedAtBoot(one, served) : await judgeRequest(one, served.url))
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
