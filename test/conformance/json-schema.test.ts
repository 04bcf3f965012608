import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { serve } from '../gateway.ts'
import { type Case, hasMaterial, materialDirectory, send } from './conformance.ts'
import { acceptingProject } from './project.ts'

interface SuiteCase extends Omit<Case, 'tier'> {
  readonly tier: string
  readonly valid: boolean
}

/** Cases that are not met, and why. */
const known: Record<string, string> = {
  'jst20-g382-3': 'its own dialect, without the validation vocabulary, is not named in the document',
}

const skip = hasMaterial ? false : 'the conformance material is not beside this repository'

for (const suite of ['draft2020-12', 'draft4']) {
  t.test(`the gateway judges bodies as the JSON-Schema-Test-Suite does, ${suite}`, { skip }, async (t) => {
    const file = join(materialDirectory, 'jsonschema', `${suite}.cases.json`)
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: SuiteCase[] }
    // In the annotation tier formats decide nothing; in OpenAPI they do.
    const scored = cases.filter(({ tier }) => tier !== 'format-annotation')
    const failed: string[] = []
    for (const [spec, group] of Map.groupBy(scored, (one) => one.spec)) {
      const { url, gateway } = await serve(t, acceptingProject(join(materialDirectory, spec)))
      for (const { id, request, valid } of group) {
        const { status } = await send(url, request)
        if (valid ? status !== 200 : status !== 400 && status !== 422) failed.push(`${id}: ${status}`)
      }
      await gateway.stop()
    }
    t.comment(`${scored.length - failed.length}/${scored.length}`)
    for (const one of failed) t.comment(one)
    t.strictSame(
      failed.filter((one) => known[one.split(':')[0] as string] === undefined),
      [],
    )
  })
}
