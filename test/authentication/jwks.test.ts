import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { bearerVerifier } from '../../src/authentication/bearer.ts'
import { readKeySet, remoteKeys } from '../../src/authentication/jwks.ts'
import { Problem } from '../../src/errors.ts'
import { goodClaims, requestWith, rules, signedToken } from './tokens.ts'

interface Pair {
  publicKey: KeyObject
  privateKey: KeyObject
}
const pairs = Array.from({ length: 3 }, (): Pair => generateKeyPairSync('ec', { namedCurve: 'P-256' })) as [Pair, Pair, Pair]
const jwk = (pair: Pair, kid?: string, more: object = {}) => ({
  ...pair.publicKey.export({ format: 'jwk' }),
  ...(kid && { kid }),
  ...more,
})
const token = (pair: Pair, kid?: string, sub = 'alice') =>
  signedToken(pair.privateKey, 'ES256', goodClaims({ sub }), kid === undefined ? {} : { kid })

/** An issuer whose answer a test decides, and a verifier that knows it. */
async function issuer(t: Test, options: object = {}) {
  const state = { requests: 0, answer: (res: ServerResponse): void => void res.end('{}') }
  const server = createServer((_, res) => {
    state.requests++
    state.answer(res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const failures: unknown[] = []
  const keys = remoteKeys({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    algorithms: ['ES256'],
    onFailure: (error) => failures.push(error),
    ...options,
  })
  const bearer = bearerVerifier({ scheme: 'b', realm: 'api', algorithms: ['ES256'], claims: rules, keys, listsRoles: false })
  const serve = (...jwks: object[]) => {
    state.answer = (res) => void res.end(JSON.stringify({ keys: jwks }))
  }
  const fail = (status = 500) => {
    state.answer = (res) => void res.writeHead(status).end('broken')
  }
  return { state, keys, bearer, serve, fail, failures, verify: async (text: string) => bearer.verify(requestWith(text)) }
}

function clock(t: Test) {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
}

t.test('keys are fetched once, by whoever comes first', async (t) => {
  const { state, verify, serve } = await issuer(t)
  serve(jwk(pairs[0], 'a'), jwk(pairs[1], 'b'))
  const all = await Promise.all([verify(token(pairs[0], 'a')), verify(token(pairs[1], 'b')), verify(token(pairs[0]))])
  for (const verified of all) t.match(verified, { subject: 'alice' })
  t.equal(state.requests, 1)
  t.equal(await verify(token(pairs[1], 'a', 'mallory')), 'invalid', "another key's id")
  t.equal(await verify(token(pairs[2])), 'invalid', 'no id, and none of the keys')
  t.equal(state.requests, 1, 'neither asks the issuer again')
})

t.test('rotation: an unknown id fetches again, at most once per cool-down', async (t) => {
  clock(t)
  const { state, verify, serve } = await issuer(t)
  serve(jwk(pairs[0], 'a'))
  t.match(await verify(token(pairs[0], 'a')), { subject: 'alice' })
  serve(jwk(pairs[0], 'a'), jwk(pairs[1], 'b'))
  t.equal(await verify(token(pairs[1], 'b')), 'invalid', 'still cooling down')
  for (let i = 0; i < 20; i++) await verify(token(pairs[2], `made-up-${i}`))
  t.equal(state.requests, 1, 'made-up ids cannot make it ask')
  mock.timers.tick(30_001)
  t.match(await verify(token(pairs[1], 'b')), { subject: 'alice' })
  t.match(await verify(token(pairs[0], 'a', 'bob')), { subject: 'bob' }, 'the old key is still there')
  t.equal(state.requests, 2)
})

t.test('a withdrawn key withdraws the tokens that it signed, known ones too', async (t) => {
  clock(t)
  const { verify, serve, keys } = await issuer(t)
  serve(jwk(pairs[0], 'a'))
  const kept = token(pairs[0], 'a')
  t.match(await verify(kept), { subject: 'alice' })
  serve(jwk(pairs[1], 'b'))
  mock.timers.tick(5 * 60_000)
  t.match(await verify(kept), { subject: 'alice' }, 'fresh keys are not asked for again')
  mock.timers.tick(5 * 60_000)
  await verify(token(pairs[0], 'a', 'bob'))
  await keys.refresh()
  t.equal(await verify(token(pairs[0], 'a')), 'invalid')
  t.equal(await verify(kept), 'invalid')
})

t.test('outage: keys stay in use for a bounded time, then 503 with Retry-After, and back by itself', async (t) => {
  clock(t)
  const { state, verify, serve, fail, failures, keys } = await issuer(t)
  serve(jwk(pairs[0], 'a'))
  const long = (sub: string) =>
    signedToken(pairs[0].privateKey, 'ES256', goodClaims({ sub, exp: Math.floor(Date.now() / 1000) + 9999 }), { kid: 'a' })
  const kept = long('alice')
  await verify(kept)
  fail()
  mock.timers.tick(11 * 60_000)
  t.match(await verify(long('bob')), { subject: 'bob' }, 'stale keys')
  await keys.refresh()
  t.equal(failures.length, 1)
  t.match(await verify(kept), { subject: 'alice' })
  const unknown = await verify(token(pairs[1], 'b'))
  t.match(unknown, { code: 'authentication_unavailable', status: 503 }, 'an unknown id cannot be decided')
  t.match((unknown as Problem).headers?.['retry-after'], /^[1-9]\d*$/)
  const before = state.requests
  for (let i = 0; i < 10; i++) await verify(token(pairs[1], 'b'))
  t.equal(state.requests, before, 'it waits between attempts')
  mock.timers.tick(50 * 60_000)
  t.match(await verify(kept), { status: 503 }, 'too stale, even for known tokens')
  t.notOk(keys.usable)
  serve(jwk(pairs[0], 'a'))
  mock.timers.tick(5_001)
  t.match(await verify(kept), { subject: 'alice' })
})

t.test('an issuer that cannot be reached or answers nonsense: 503', async (t) => {
  const many = Array.from({ length: 3000 }, (_, i) => jwk(pairs[0], `key-${i}`))
  const answers: Record<string, (res: ServerResponse) => void> = {
    'status 404': (res) => void res.writeHead(404).end(JSON.stringify({ keys: [jwk(pairs[0], 'a')] })),
    'a redirect': (res) => void res.writeHead(302, { location: '/elsewhere' }).end(),
    'no JSON': (res) => void res.end('<html>'),
    'no key set': (res) => void res.end('[]'),
    'no usable key': (res) => void res.end(JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'a' }] })),
    'too large': (res) => void res.end(JSON.stringify({ keys: many })),
    'cut off': (res) => void res.writeHead(200, { 'content-length': '100' }).write('{', () => res.destroy()),
    silent: () => {},
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { state, verify } = await issuer(t, { timeout: 200 })
    state.answer = answer
    const refused = await verify(token(pairs[0], 'a'))
    t.ok(refused instanceof Problem, name)
    t.match(refused, { code: 'authentication_unavailable' }, name)
  }
})

t.test('keys that are not for this are skipped', (t) => {
  const only = (...keys: object[]) =>
    readKeySet({ keys: [jwk(pairs[0], 'good'), ...keys] }, ['ES256', 'RS256']).map(({ keyId }) => keyId)
  t.same(only(jwk(pairs[1], 'enc', { use: 'enc' })), ['good'])
  t.same(only(jwk(pairs[1], 'sign', { key_ops: ['sign'] })), ['good'])
  t.same(only(jwk(pairs[1], 'ok', { key_ops: ['verify'], use: 'sig', alg: 'ES256' })), ['good', 'ok'])
  t.same(only(jwk(pairs[1], 'alg', { alg: 'ES384' })), ['good'])
  t.same(only({ kty: 'oct', kid: 'secret', k: 'c2VjcmV0', alg: 'HS256' }), ['good'])
  t.same(only({ kty: 'EC', crv: 'P-256', x: 'broken', y: 'broken' }, { kty: 'new' }, [] as object), ['good'])
  t.throws(() => readKeySet({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }, ['HS256']), /no key that fits/)
  t.end()
})
