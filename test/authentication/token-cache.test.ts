import { createHash } from 'node:crypto'
import t from 'tap'
import { createTokenCache, type TokenCache } from '../../src/authentication/token-cache.ts'

/** Two requests with a header. */
function use<Value>(cache: TokenCache<Value>, header: string, value: Value): void {
  for (let i = 0; i < 2; i++) cache.set(header, value)
}

t.test('a token is kept from its second use on', async (t) => {
  const cache = createTokenCache<number>({ entries: 20_000, characters: 1_000_000 })
  const headers = Array.from(
    { length: 1000 },
    (_, i) => `Bearer header.claims.${createHash('sha256').update(String(i)).digest('base64url')}`,
  )
  const held = () => headers.filter((header) => cache.get(header) !== undefined).length
  for (const header of headers) cache.set(header, 1)
  t.equal(held(), 0)
  for (const header of headers) cache.set(header, 1)
  t.ok(held() > 950, `${held()} are held`)
})

t.test('tokens in use are kept, and never more than is allowed', async (t) => {
  const cache = createTokenCache<number>({ entries: 100, characters: 1_000_000 })
  use(cache, 'used', -1)
  for (let i = 0; i < 10_000; i++) {
    use(cache, `token ${i}`, i)
    if (cache.get('used') !== -1) t.fail(`forgotten after ${i} others`)
  }
  const held = Array.from({ length: 10_000 }, (_, i) => cache.get(`token ${i}`)).filter((value) => value !== undefined)
  t.ok(held.length > 40 && held.length < 100, `${held.length} are held`)
})

t.test('long tokens count by their length', async (t) => {
  const cache = createTokenCache<number>({ entries: 1000, characters: 10_000 })
  const long = (i: number) => `${i}`.padStart(1000, 'x')
  for (let i = 0; i < 50; i++) use(cache, long(i), i)
  const held = Array.from({ length: 50 }, (_, i) => cache.get(long(i))).filter((value) => value !== undefined)
  t.ok(held.length >= 4 && held.length <= 10, `${held.length} are held`)
})

t.test('what was deleted is gone, whichever generation it is in', async (t) => {
  const cache = createTokenCache<number>({ entries: 4, characters: 1000 })
  for (const header of ['a', 'b', 'c']) use(cache, header, 1)
  for (const header of ['a', 'c']) cache.delete(header)
  t.same(
    ['a', 'b', 'c'].map((header) => cache.get(header)),
    [undefined, 1, undefined],
  )
})
