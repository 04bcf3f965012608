import t from 'tap'
import { createTokenCache } from '../../src/authentication/token-cache.ts'

t.test('tokens in use are kept, and never more than is allowed', async (t) => {
  const cache = createTokenCache<number>({ entries: 100, characters: 1_000_000 })
  cache.set('used', -1)
  for (let i = 0; i < 10_000; i++) {
    cache.set(`token ${i}`, i)
    if (cache.get('used') !== -1) t.fail(`forgotten after ${i} others`)
  }
  const held = Array.from({ length: 10_000 }, (_, i) => cache.get(`token ${i}`)).filter((value) => value !== undefined)
  t.ok(held.length > 40 && held.length < 100, `${held.length} are held`)
})

t.test('long tokens count by their length', async (t) => {
  const cache = createTokenCache<number>({ entries: 1000, characters: 10_000 })
  const long = (i: number) => `${i}`.padStart(1000, 'x')
  for (let i = 0; i < 50; i++) cache.set(long(i), i)
  const held = Array.from({ length: 50 }, (_, i) => cache.get(long(i))).filter((value) => value !== undefined)
  t.ok(held.length >= 4 && held.length <= 10, `${held.length} are held`)
})

t.test('what was deleted is gone, whichever generation it is in', async (t) => {
  const cache = createTokenCache<number>({ entries: 4, characters: 1000 })
  for (const header of ['a', 'b', 'c']) cache.set(header, 1)
  for (const header of ['a', 'c']) cache.delete(header)
  t.same(
    ['a', 'b', 'c'].map((header) => cache.get(header)),
    [undefined, 1, undefined],
  )
})
