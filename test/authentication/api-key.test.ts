import { hash } from 'node:crypto'
import { mock } from 'node:test'
import t from 'tap'
import { apiKeyOf, apiKeyVerifier } from '../../src/authentication/api-key.ts'
import type { Principal } from '../../src/context.ts'

const key = (id: string, text: string, more: object = {}) => ({
  id,
  sha256: hash('sha256', text, 'hex'),
  roles: [],
  scopes: [],
  ...more,
})
const keys = [
  key('ci', 'key-of-ci', { subject: 'pipeline', roles: ['deploy'], scopes: ['write'] }),
  { ...key('batch', 'key-of-batch'), sha256: hash('sha256', 'key-of-batch', 'hex').toUpperCase() },
  key('old', 'key-of-old', { expiresAt: Date.now() + 600_000 }),
]
const verifier = (place: 'header' | 'query' | 'cookie', name: string) =>
  apiKeyVerifier({ scheme: 'apiKey', realm: 'api', place, name, keys })
const headers = (...rawHeaders: string[]) => ({ rawHeaders, search: '' })
const query = (search: string) => ({ rawHeaders: [], search })

t.test('in a header', (t) => {
  const { verify } = verifier('header', 'X-API-Key')
  const principal = verify(headers('x-api-key', 'key-of-ci')) as Principal
  t.match(principal, { subject: 'pipeline', roles: ['deploy'], scopes: ['write'], scheme: 'apiKey' })
  t.equal(apiKeyOf(principal), 'apiKey:ci')
  t.match(verify(headers('X-API-KEY', 'key-of-batch')), { subject: 'batch' })
  t.equal(verify(headers('accept', '*/*')), undefined)
  t.equal(verify(headers('x-api-key', 'key-of-ci', 'X-Api-Key', 'key-of-ci')), 'invalid', 'sent twice')
  for (const wrong of ['', 'key-of-c', 'key-of-ci ', 'KEY-OF-CI', hash('sha256', 'key-of-ci', 'hex'), 'x'.repeat(5000)]) {
    t.equal(verify(headers('x-api-key', wrong)), 'invalid', wrong.slice(0, 20))
  }
  t.equal(verify(query('X-API-Key=key-of-ci')), undefined, 'not where the scheme says')
  t.end()
})

t.test('in the query', (t) => {
  const { verify } = verifier('query', 'api_key')
  t.match(verify(query('a=1&api_key=key-of-ci')), { subject: 'pipeline' })
  t.match(verify(query('api%5Fkey=key%2Dof%2Dci')), { subject: 'pipeline' }, 'percent-encoded')
  t.equal(verify(query('')), undefined)
  t.equal(verify(query('API_KEY=key-of-ci')), undefined, 'names are case-sensitive')
  t.equal(verify(query('api_key=key-of-ci&api_key=key-of-ci')), 'invalid')
  t.equal(verify(query('api_key')), 'invalid')
  t.end()
})

t.test('in a cookie', (t) => {
  const { verify } = verifier('cookie', 'session')
  t.match(verify(headers('Cookie', 'a=1; session=key-of-ci; b=2')), { subject: 'pipeline' })
  t.match(verify(headers('cookie', 'session="key-of-ci"')), { subject: 'pipeline' })
  t.equal(verify(headers('cookie', 'xsession=key-of-ci')), undefined)
  t.equal(verify(headers('cookie', 'session')), undefined)
  t.equal(verify(headers('cookie', 'session=key-of-ci; session=key-of-batch')), 'invalid')
  t.equal(verify(headers('cookie', 'session=key-of-ci', 'cookie', 'session=key-of-ci')), 'invalid')
  t.end()
})

t.test('an end is checked at every use', (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  const { verify } = verifier('header', 'x-api-key')
  t.match(verify(headers('x-api-key', 'key-of-old')), { subject: 'old' })
  mock.timers.tick(600_001)
  t.equal(verify(headers('x-api-key', 'key-of-old')), 'expired')
  t.end()
})
