import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { applicationProblem, problem, problems } from '../src/errors.ts'

t.test('a problem of the catalogue has its status and title', async (t) => {
  const refusal = problem('rate_limited', { detail: 'slow down', headers: { 'retry-after': '3' } })
  t.equal(refusal.status, 429)
  t.match(refusal, { code: 'rate_limited', title: 'Too many requests', detail: 'slow down' })
})

t.test('an application may not change the status of a code of the catalogue', async (t) => {
  t.equal(applicationProblem('not_found', { status: 200 }).status, 404)
  t.match(applicationProblem('email_taken', { status: 409 }), { status: 409, title: 'Email taken' })
})

const root = join(import.meta.dirname, '..')

t.test('catalogue, documentation and emitted codes agree', async (t) => {
  const catalogue = Object.keys(problems).sort()
  const documented = [...readFileSync(join(root, 'src/serve/generated/problems.md'), 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(
    ([, code]) => code,
  )
  t.same(documented.sort(), catalogue, 'every code is documented, and nothing else')

  const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => file !== 'src/errors.ts')
  const text = sources.map((file) => readFileSync(join(root, file), 'utf8')).join('\n')
  const emitted = new Set(catalogue.filter((code) => text.includes(`'${code}'`)))
  t.same([...emitted].sort(), catalogue, 'every code is answered somewhere')
})
