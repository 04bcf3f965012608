import t from 'tap'
import { countByTier, hasMaterial } from './conformance.ts'
import { disputed } from './disputed.ts'
import { runSchemaCases } from './suites.ts'

const skip = hasMaterial ? false : 'the conformance material is not beside this repository'

for (const suite of ['draft2020-12', 'draft4'] as const) {
  t.test(`the gateway judges bodies as the JSON-Schema-Test-Suite does, ${suite}`, { skip }, async (t) => {
    const results = await runSchemaCases(t, suite)
    t.comment(countByTier(results))
    t.strictSame(
      results.filter(({ id, passed }) => !passed && disputed[id] === undefined),
      [],
    )
  })
}
