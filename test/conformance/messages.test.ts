import t from 'tap'
import { countByTier, hasMaterial, type Result } from './conformance.ts'
import { runParameterCases, runRequestCases } from './suites.ts'

const skip = hasMaterial ? false : 'the conformance material is not beside this repository'

function report(suite: string, results: readonly Result[]): void {
  t.comment(`${suite}: ${countByTier(results)}`)
  for (const { id, tier, difference } of results.filter((result) => !result.passed)) t.comment(`  ${id} (${tier}): ${difference}`)
}

t.test('parameters are decoded as the public suites say', { skip }, async (t) => {
  const results = await runParameterCases(t)
  report('param-decode', results)
  t.strictSame(
    results.filter((result) => !result.passed),
    [],
  )
})

t.test('requests reach their operations as the public suites say', { skip }, async (t) => {
  const results = await runRequestCases(t)
  report('libopenapi', results)
  t.strictSame(
    results.filter((result) => result.status >= 500),
    [],
  )
})
