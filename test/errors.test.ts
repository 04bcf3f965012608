import t from 'tap'
import { applicationProblem, problem } from '../src/errors.ts'

t.test('a problem of the catalogue has its status and title', async (t) => {
  const refusal = problem('rate_limited', { detail: 'slow down', headers: { 'retry-after': '3' } })
  t.equal(refusal.status, 429)
  t.match(refusal, { code: 'rate_limited', title: 'Too many requests', detail: 'slow down' })
})

t.test('an application may not change the status of a code of the catalogue', async (t) => {
  t.equal(applicationProblem('not_found', { status: 200 }).status, 404)
  t.match(applicationProblem('email_taken', { status: 409 }), { status: 409, title: 'Email taken' })
})
