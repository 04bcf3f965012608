import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { mock } from 'node:test'
import t from 'tap'
import { basicVerifier } from '../../src/authentication/basic.ts'
import { hashPassword } from '../../src/authentication/passwords.ts'
import { Problem } from '../../src/errors.ts'

const users = [
  { username: 'ada', password: await hashPassword('lovelace:1815'), roles: ['admin'], scopes: ['read'] },
  { username: 'zo\u00eb', password: await hashPassword('p\u00e4ss \ud83d\udd11'), subject: 'user-7', roles: [], scopes: [] },
]
const { verify } = basicVerifier({ scheme: 'basicAuth', realm: 'api', users })
const encode = (pair: string) => Buffer.from(pair).toString('base64')
const send = (credentials: string, scheme = 'Basic') => ({
  rawHeaders: ['Authorization', `${scheme} ${credentials}`],
  search: '',
})

t.test('good credentials are verified once, and remembered', async (t) => {
  const first = verify(send(encode('ada:lovelace:1815')))
  t.ok(first instanceof Promise)
  const principal = await first
  t.match(principal, { subject: 'ada', roles: ['admin'], scopes: ['read'], scheme: 'basicAuth' })
  t.equal(verify(send(encode('ada:lovelace:1815'), 'basic')), principal, 'at once')
})

t.test('UTF-8, in any composition of the name', async (t) => {
  t.match(await verify(send(encode('zo\u00eb:p\u00e4ss \ud83d\udd11'))), { subject: 'user-7' })
  t.match(await verify(send(encode('zoe\u0308:pa\u0308ss \ud83d\udd11'))), { subject: 'user-7' })
})

t.test('wrong credentials', async (t) => {
  for (const pair of ['ada:lovelace:1816', 'ada:', 'ada:lovelace', 'eve:lovelace:1815', ':', 'Ada:lovelace:1815']) {
    t.equal(await verify(send(encode(pair))), 'invalid', pair)
  }
})

t.test('a name that nobody has costs what the hashes of the others cost', async (t) => {
  const costly = '$argon2id$v=19$m=1024,t=3,p=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  const users = [{ username: 'ada', password: costly, roles: [], scopes: [] }]
  const guessed = basicVerifier({ scheme: 'basicAuth', realm: 'api', users })
  const argon2 = mock.method(crypto, 'argon2')
  syncBuiltinESMExports()
  t.teardown(() => {
    mock.restoreAll()
    syncBuiltinESMExports()
  })
  for (const name of ['ada', 'eve']) t.equal(await guessed.verify(send(encode(`${name}:guess`))), 'invalid')
  const costs = argon2.mock.calls.map(({ arguments: [, { memory, passes, parallelism }] }: any) => ({
    memory,
    passes,
    parallelism,
  }))
  t.strictSame(costs, Array(2).fill({ memory: 1024, passes: 3, parallelism: 2 }))
})

t.test('what is no credential is refused without hashing anything', (t) => {
  const good = encode('ada:lovelace:1815')
  const malformed: Record<string, string> = {
    'no colon': encode('ada'),
    'no base64': '!!!',
    'padding missing': good.replace(/=+$/, ''),
    'behind it a space': `${good} `,
    'Latin-1': Buffer.from('ada:p\xe4ss', 'latin1').toString('base64'),
    'a control character': encode('ada:love\nlace'),
    'too long': encode(`ada:${'x'.repeat(5000)}`),
    empty: '',
  }
  for (const [name, credentials] of Object.entries(malformed)) t.equal(verify(send(credentials)), 'invalid', name)
  t.equal(verify({ rawHeaders: [], search: '' }), undefined)
  t.equal(verify(send(good, 'Bearer')), 'foreign')
  t.equal(verify({ rawHeaders: [...send(good).rawHeaders, ...send(good).rawHeaders], search: '' }), 'invalid')
  t.end()
})

t.test('a flood of guesses ends in 503, not in a pile of work', async (t) => {
  const cheap = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  const users = [{ username: 'ada', password: cheap, roles: [], scopes: [] }]
  const flooded = basicVerifier({ scheme: 'basicAuth', realm: 'api', users })
  const guesses = await Promise.all(Array.from({ length: 110 }, (_, i) => flooded.verify(send(encode(`ada:${i}`)))))
  const busy = guesses.filter((guess) => guess instanceof Problem)
  t.equal(busy.length, 8)
  t.match(busy[0], { status: 503, code: 'overloaded', headers: { 'retry-after': '1' } })
})
