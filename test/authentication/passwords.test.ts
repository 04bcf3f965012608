import t from 'tap'
import { hashPassword, PasswordsBusyError, parsePhc, verifyPassword } from '../../src/authentication/passwords.ts'

t.test('hashes are argon2id PHC strings of the least cost that OWASP asks for', async (t) => {
  const phc = await hashPassword('correct horse')
  t.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.not(await hashPassword('correct horse'), phc, 'each has its own salt')
  t.equal(await verifyPassword('correct horse', phc), true)
  t.equal(await verifyPassword('correct horsf', phc), false)
  t.equal(await verifyPassword('', phc), false)
})

t.test('a hash that another implementation made', async (t) => {
  // Test vector of the reference implementation (phc-winner-argon2, src/test.c): argon2id, version 0x13.
  const phc = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  t.equal(await verifyPassword('password', phc), true)
  t.equal(await verifyPassword('passwor', phc), false)
})

t.test('how a password was composed does not matter', async (t) => {
  t.equal(await verifyPassword('Zoe\u0308', await hashPassword('Zo\u00eb')), true)
})

t.test('what is no usable hash', async (t) => {
  const good = await hashPassword('x')
  const broken = [
    '',
    'x',
    good.replace('argon2id', 'argon2i'),
    good.replace('v=19', 'v=16'),
    good.replace('m=19456', 'm=4'),
    good.replace('m=19456', 'm=99999999'),
    good.replace('t=2', 't=0'),
    good.replace('t=2', 't=999'),
    good.replace('p=1', 'p=99'),
    `${good}=`,
    `${good}\n`,
    '$2b$12$abcdefghijklmnopqrstuv',
  ]
  for (const phc of broken) {
    t.equal(parsePhc(phc), undefined, phc)
    t.equal(await verifyPassword('x', phc), false)
  }
})

t.test('nobody has no password', async (t) => {
  t.equal(await verifyPassword('x', undefined), false)
  t.equal(await verifyPassword('', undefined), false)
})

t.test('endless passwords cost nothing', async (t) => {
  await t.rejects(hashPassword('x'.repeat(1025)), RangeError)
  t.equal(await verifyPassword('x'.repeat(1025), undefined), false)
})

t.test('the queue is bounded, and empties', async (t) => {
  const phc = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  const results = await Promise.allSettled(Array.from({ length: 150 }, () => verifyPassword('password', phc)))
  const refused = results.filter((result) => result.status === 'rejected')
  t.equal(refused.length, 150 - 102, 'two at work and a hundred waiting')
  for (const { reason } of refused) t.ok(reason instanceof PasswordsBusyError)
  t.equal(await verifyPassword('password', phc), true)
})
