/** Follows every guide, or those named on the command line: `node test/documentation/guides.test.ts docs/tasks.md`. */
import t from 'tap'
import { guides } from './blocks.ts'
import { followGuide } from './guide.ts'
import { typeErrors } from './types.ts'

t.setTimeout(280_000)

const named = process.argv.slice(2)
const typed: string[] = []
for (const guide of named.length > 0 ? named : guides)
  t.test(guide, async (t) => {
    typed.push(...(await followGuide(t, guide, t.parent as typeof t)))
  })

t.test('the TypeScript of the guides is right', async (t) => {
  t.equal(await typeErrors(typed), '')
})
