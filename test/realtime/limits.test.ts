import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { allowsOrigin, identifySocket } from '../../src/realtime/handshake.ts'
import { connectionLimit, isTooSlow, messageLimit } from '../../src/realtime/limits.ts'
import type { CredentialSource } from '../../src/services/authenticator.ts'

t.test('connections are counted by caller, and each is given back once', async (t) => {
  const enter = connectionLimit(() => 2)
  const [first, second] = [enter('ada'), enter('ada')]
  t.equal(enter('ada'), undefined)
  t.ok(enter('bob'))
  first?.()
  t.ok(enter('ada'))
  t.equal(enter('ada'), undefined)
  second?.()
  t.ok(enter('ada'))
})

t.test('a burst of messages passes, a flood does not', async (t) => {
  const allow = messageLimit()
  const passed = Array.from({ length: 1000 }, allow).filter(Boolean).length
  t.ok(passed >= 200 && passed < 300, String(passed))
})

t.test('a client is too slow when too much waits for it', async (t) => {
  const waiting = (packets: number, bytes?: number) => ({
    writeBuffer: { length: packets },
    transport: bytes === undefined ? {} : { socket: { bufferedAmount: bytes } },
  })
  t.notOk(isTooSlow(waiting(0)))
  t.notOk(isTooSlow(waiting(5000, 1024 ** 2)))
  t.ok(isTooSlow(waiting(10_001)), 'also while it polls')
  t.ok(isTooSlow(waiting(0, 9 * 1024 ** 2)))
})

t.test('origins', async (t) => {
  const from = (origin: string | undefined, host = 'api.example') => ({ headers: { origin, host } }) as unknown as IncomingMessage
  t.ok(allowsOrigin([], from(undefined)), 'no browser')
  t.ok(allowsOrigin([], from('https://api.example')), 'the own pages')
  t.notOk(allowsOrigin([], from('https://evil.example')))
  t.notOk(allowsOrigin([], from('null')))
  t.notOk(allowsOrigin(['https://app.example'], from('https://app.example.evil')))
  t.ok(allowsOrigin(['https://app.example'], from('https://app.example')))
  t.ok(allowsOrigin(['*'], from('https://any.example')))
})

t.test('a token in the handshake takes the place of the header, and of nothing else', async (t) => {
  const req = {
    rawHeaders: ['Host', 'x', 'Authorization', 'Bearer old', 'Cookie', 'a=b'],
    url: '/ws?EIO=4&key=k',
  } as IncomingMessage
  const sources: CredentialSource[] = []
  const authenticate = (source: CredentialSource) => {
    sources.push(source)
    return undefined
  }
  for (const auth of [{ token: 'new' }, { token: 'Basic YTpi' }, {}, null, 'x', { token: 7 }]) {
    t.match(await identifySocket(authenticate, req, auth), { code: 'unauthenticated' })
  }
  t.same(sources[0], { rawHeaders: ['Host', 'x', 'Cookie', 'a=b', 'authorization', 'Bearer new'], search: 'EIO=4&key=k' })
  t.same(sources[1]?.rawHeaders.slice(-1), ['Basic YTpi'])
  for (const source of sources.slice(2)) t.same(source.rawHeaders, req.rawHeaders)
})
