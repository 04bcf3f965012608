import t from 'tap'
import { countByTier, hasMaterial, type Result } from './conformance.ts'
import { disputed } from './disputed.ts'
import { runParameterCases, runRequestCases } from './suites.ts'

const skip = hasMaterial ? false : 'the conformance material is not beside this repository'

function report(suite: string, results: readonly Result[]): void {
  t.comment(`${suite}: ${countByTier(results)}`)
  for (const { id, tier, difference } of results.filter((result) => !result.passed))
    t.comment(`  ${id} (${tier}): ${difference} – ${disputed[id] ?? 'unexplained'}`)
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
  const failed = results.filter((result) => !result.passed).map((result) => result.id)
  t.strictSame(
    failed.sort(),
    Object.keys(disputed).filter((id) => id.startsWith('lib-')),
  )
  t.ok(
    results.every((result) => result.status < 500),
    'never a fault of the server',
  )
})
