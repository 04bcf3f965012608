import t from 'tap'
import { editDistance, nearest } from '../../src/documents/suggest.ts'

t.test('swapped neighbours count once', async (t) => {
  t.equal(editDistance('prot', 'port'), 1)
  t.equal(editDistance('kitten', 'sitting'), 3)
  t.equal(editDistance('', 'abc'), 3)
})

t.test('the nearest name, or none', async (t) => {
  t.equal(nearest('ratelimit', ['rateLimit', 'roles']), 'rateLimit')
  t.equal(nearest('windw', ['limit', 'window']), 'window')
  t.equal(nearest('metrics', ['server', 'log']), undefined)
  t.equal(nearest('x'.repeat(100_000), ['limit']), undefined)
})
