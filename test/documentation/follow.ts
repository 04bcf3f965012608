import t from 'tap'
import { serverUrl } from '../database.ts'
import { followGuide } from './guide.ts'
import { typeErrors } from './types.ts'

/** Follows guides as one test each, or those of them that the command line names. */
export function follow(guides: readonly string[]): void {
  t.setTimeout(290_000)
  const named = process.argv.slice(2)
  const typed: string[] = []
  for (const guide of named.length > 0 ? named : guides)
    t.test(guide, async (t) => {
      typed.push(...(await followGuide(t, guide, t.parent as typeof t)))
    })
  // The compiler is the dearest part, and says the same whatever the database is.
  t.test(
    'the TypeScript of the guides is right',
    { skip: serverUrl !== '' && 'checked with the embedded database' },
    async (t) => {
      t.equal(await typeErrors(typed), '')
    },
  )
}
