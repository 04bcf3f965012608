import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mock } from 'node:test'
import t from 'tap'
import { algorithms } from '../../src/authentication/algorithms.ts'
import { bearerVerifier } from '../../src/authentication/bearer.ts'
import { fixedKeys } from '../../src/authentication/key-source.ts'
import { verificationKey } from '../../src/authentication/signature.ts'
import type { Principal } from '../../src/context.ts'
import { goodClaims, hmacToken, part, requestWith, rules, signedToken } from './tokens.ts'

const secret = Buffer.alloc(64, 'k')
const hmacKey = createSecretKey(secret)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
}
const ed = generateKeyPairSync('ed25519')

function verifier(allowed: readonly string[], ...keys: KeyObject[]) {
  const ready = keys.map((key) => verificationKey(key, undefined, allowed)).filter((key) => key !== undefined)
  return bearerVerifier({
    scheme: 'bearerAuth',
    realm: 'api',
    algorithms: allowed,
    claims: rules,
    keys: fixedKeys(ready),
    listsRoles: true,
  })
}

const byHmac = verifier(['HS256'], hmacKey)

t.test('every algorithm verifies its own signatures', async (t) => {
  const pairs: Record<string, { publicKey: KeyObject; privateKey: KeyObject }> = { ...ec, EdDSA: ed }
  for (const algorithm of algorithms) {
    if (algorithm.startsWith('HS')) continue
    const { publicKey, privateKey } = pairs[algorithm] ?? rsa
    const bearer = verifier([algorithm], publicKey)
    const token = signedToken(privateKey, algorithm, goodClaims())
    t.match(await bearer.verify(requestWith(token)), { subject: 'alice', roles: ['user'], scheme: 'bearerAuth' }, algorithm)
    const forged = `${token.slice(0, token.indexOf('.'))}.${part(goodClaims({ sub: 'root' }))}.${token.slice(token.lastIndexOf('.') + 1)}`
    t.equal(await bearer.verify(requestWith(forged)), 'invalid', `${algorithm}: other claims under the signature`)
  }
})

t.test('a known token is judged without a promise, and its end is checked at every use', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  const source = requestWith(hmacToken(secret, goodClaims()))
  await byHmac.verify(source)
  const first = await byHmac.verify(source)
  t.equal(byHmac.verify(source), first, 'the same principal, at once')
  mock.timers.tick(604_000)
  t.equal(byHmac.verify(source), first, 'the clock skew still holds')
  mock.timers.tick(2_000)
  t.equal(byHmac.verify(source), 'expired')
  t.equal(await byHmac.verify(source), 'expired', 'and stays so')
})

t.test('what is sent beside a good token', async (t) => {
  const token = hmacToken(secret, goodClaims())
  await byHmac.verify(requestWith(token))
  const header = (value: string) => ({ rawHeaders: ['authorization', value], search: '' })
  t.match(await byHmac.verify(header(`bearer ${token}`)), { subject: 'alice' }, 'scheme names are case-insensitive')
  t.match(await byHmac.verify(header(`Bearer   ${token}`)), { subject: 'alice' }, 'as many spaces as one likes')
  t.equal(byHmac.verify({ rawHeaders: [], search: '' }), undefined, 'nothing sent')
  t.equal(byHmac.verify({ rawHeaders: [], search: `access_token=${token}` }), undefined, 'tokens in the query are not read')
  t.equal(byHmac.verify(requestWith(token, 'authorization', `Bearer ${token}`)), 'invalid', 'two headers, even if they are equal')
  t.equal(byHmac.verify(requestWith(token, 'AUTHORIZATION', 'Basic eDp5')), 'invalid', 'two schemes')
  for (const foreign of ['Basic eDp5', 'Bearer', `Token ${token}`, token, `Bearer\t${token}`, ` Bearer ${token}`, '']) {
    t.equal(byHmac.verify(header(foreign)), 'foreign', JSON.stringify(foreign.slice(0, 10)))
  }
  for (const odd of [`Bearer ${token} `, `Bearer ${token}, Bearer ${token}`, `Bearer "${token}"`, 'Bearer ']) {
    t.equal(byHmac.verify(header(odd)), 'invalid', JSON.stringify(odd.slice(0, 10)))
  }
})

t.test('forged, confused and malformed tokens', async (t) => {
  const good = hmacToken(secret, goodClaims())
  const [head, body, signature] = good.split('.') as [string, string, string]
  const jwk = rsa.publicKey.export({ format: 'jwk' })
  const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' })
  const withHeader = (header: unknown) => hmacToken(secret, goodClaims(), header)
  const withClaims = (claims: unknown) => hmacToken(secret, claims)
  const attacks: Record<string, string> = {
    'alg none': `${part({ alg: 'none' })}.${body}.`,
    'alg none with the signature': `${part({ alg: 'none' })}.${body}.${signature}`,
    'alg NONE': `${part({ alg: 'NONE' })}.${body}.${signature}`,
    'alg hs256': withHeader({ alg: 'hs256' }),
    'alg not allowed': withHeader({ alg: 'HS512' }),
    'alg missing': withHeader({ typ: 'JWT' }),
    'alg a list': withHeader({ alg: ['HS256'] }),
    'alg __proto__': withHeader({ alg: '__proto__' }),
    'two alg, the last one counts': hmacToken(secret, goodClaims(), '{"alg":"HS256","alg":"none"}'),
    crit: withHeader({ alg: 'HS256', crit: ['exp'] }),
    'crit empty': withHeader({ alg: 'HS256', crit: [] }),
    'b64 false': withHeader({ alg: 'HS256', b64: false }),
    'jwk of the attacker': signedToken(rsa.privateKey, 'RS256', goodClaims(), { jwk }),
    'jku of the attacker': signedToken(rsa.privateKey, 'RS256', goodClaims(), { jku: 'https://evil.example/jwks.json' }),
    'typ of another kind': withHeader({ alg: 'HS256', typ: 'dpop+jwt' }),
    'typ no text': withHeader({ alg: 'HS256', typ: 1 }),
    'kid no text': withHeader({ alg: 'HS256', kid: 1 }),
    'kid endless': withHeader({ alg: 'HS256', kid: 'k'.repeat(257) }),
    'other secret': hmacToken('x'.repeat(32), goodClaims()),
    'empty secret': hmacToken('', goodClaims()),
    'the public key as secret': hmacToken(pem, goodClaims()),
    'two parts': `${head}.${body}`,
    'four parts': `${good}.${signature}`,
    'five parts, like JWE': `${head}.${body}.${signature}.${head}.${body}`,
    'no signature': `${head}.${body}.`,
    'truncated signature': good.slice(0, -1),
    'extended signature': `${good}A`,
    'signature with other stray bits': strayBits(good),
    'signature padded': `${good}=`,
    'claims in plain base64': `${head}.${Buffer.from(JSON.stringify(goodClaims({ sub: '>>>???' }))).toString('base64')}.${signature}`,
    'header with a line break': `${head.slice(0, 4)}\n${head.slice(4)}.${body}.${signature}`,
    'header a list': hmacToken(secret, goodClaims(), []),
    'header null': hmacToken(secret, goodClaims(), 'null'),
    'header no JSON': hmacToken(secret, goodClaims(), '{alg:HS256}'),
    'header with a byte order mark': hmacToken(secret, goodClaims(), '\ufeff{"alg":"HS256"}'),
    'claims a list': withClaims([goodClaims()]),
    'claims a text': withClaims('"alice"'),
    'claims no UTF-8': rawClaims(Buffer.from(`{"sub":"\xff","exp":9999999999}`, 'latin1')),
    'too long': withClaims(goodClaims({ padding: 'x'.repeat(9000) })),
    dots: '.'.repeat(8000),
    nothing: '',
    'deeply nested': withClaims('['.repeat(2900)),
  }
  for (const [name, token] of Object.entries(attacks)) t.equal(await byHmac.verify(requestWith(token)), 'invalid', name)

  function rawClaims(bytes: Buffer): string {
    return `${head}.${bytes.toString('base64url')}.${signature}`
  }
})

/** The same signature bytes in another spelling: 32 bytes leave two bits of the last character free. */
function strayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) as string) + 1]
}

t.test('a public key is never a secret', async (t) => {
  for (const format of [
    rsa.publicKey.export({ format: 'pem', type: 'spki' }),
    rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }),
    rsa.publicKey.export({ format: 'der', type: 'spki' }),
  ]) {
    for (const allowed of [['RS256'], ['RS256', 'HS256']]) {
      const token = hmacToken(format, goodClaims())
      t.equal(await verifier(allowed, rsa.publicKey).verify(requestWith(token)), 'invalid')
    }
  }
  t.equal(verificationKey(rsa.publicKey, undefined, ['HS256']), undefined)
  t.equal(verificationKey(hmacKey, undefined, ['RS256', 'EdDSA']), undefined)
  t.equal(verificationKey(createSecretKey(Buffer.alloc(31)), undefined, ['HS256']), undefined, 'a short secret')
  t.equal(
    verificationKey(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, undefined, ['RS256']),
    undefined,
    'a short RSA key',
  )
  t.equal(verificationKey(ec.ES256.publicKey, undefined, ['ES384']), undefined, 'another curve')
  const pssOptions = { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 32 }
  // The types of Node 24 have a stale form of these options.
  const pss = generateKeyPairSync('rsa-pss' as 'rsa', pssOptions)
  t.equal(verificationKey(pss.publicKey, undefined, ['RS256']), undefined, 'a PSS key for PKCS #1 v1.5')
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  const embedded = signedToken(attacker.privateKey, 'RS256', goodClaims(), { jwk, x5c: ['MII='], jku: 'http://127.0.0.1:1/' })
  t.equal(await verifier(['RS256'], rsa.publicKey).verify(requestWith(embedded)), 'invalid', 'a key in the header')
  const token = signedToken(rsa.privateKey, 'PS256', goodClaims())
  t.equal(
    await verifier(['RS256'], createPublicKey(rsa.privateKey)).verify(requestWith(token)),
    'invalid',
    'PS256 where RS256 is allowed',
  )
})

t.test('claims', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  const now = Math.floor(Date.now() / 1000)
  const cases: [name: string, claims: unknown, expected: 'invalid' | 'expired' | object][] = [
    ['good', goodClaims(), { subject: 'alice' }],
    ['exp missing', goodClaims({ exp: undefined }), 'invalid'],
    ['exp a text', goodClaims({ exp: String(now + 600) }), 'invalid'],
    ['exp null, as NaN is written', goodClaims({ exp: Number.NaN }), 'invalid'],
    ['exp infinite', JSON.stringify(goodClaims()).replace(/"exp":\d+/, '"exp":1e999'), 'invalid'],
    ['exp negative', goodClaims({ exp: -1 }), 'invalid'],
    ['exp a list', goodClaims({ exp: [now + 600] }), 'invalid'],
    [
      'exp twice, the last one counts',
      JSON.stringify(goodClaims()).replace(/"exp":\d+/, `"exp":${now + 600},"exp":1`),
      'expired',
    ],
    ['exp within the skew', goodClaims({ exp: now - 3 }), { subject: 'alice' }],
    ['exp beyond the skew', goodClaims({ exp: now - 6 }), 'expired'],
    ['nbf ahead', goodClaims({ nbf: now + 60 }), 'invalid'],
    ['nbf within the skew', goodClaims({ nbf: now + 3 }), { subject: 'alice' }],
    ['nbf a text', goodClaims({ nbf: '0' }), 'invalid'],
    ['iat ahead', goodClaims({ iat: now + 60 }), 'invalid'],
    ['iat missing', goodClaims({ iat: undefined }), { subject: 'alice' }],
    ['sub missing', goodClaims({ sub: undefined }), 'invalid'],
    ['sub empty', goodClaims({ sub: '' }), 'invalid'],
    ['sub a number', goodClaims({ sub: 1 }), 'invalid'],
    ['sub with NUL', goodClaims({ sub: 'alice\u0000' }), 'invalid'],
    ['sub with half a surrogate pair', goodClaims({ sub: 'alice\ud800' }), 'invalid'],
    ['iss missing', goodClaims({ iss: undefined }), 'invalid'],
    ['iss longer', goodClaims({ iss: 'https://issuer.example/' }), 'invalid'],
    ['iss a list', goodClaims({ iss: ['https://issuer.example'] }), 'invalid'],
    ['aud missing', goodClaims({ aud: undefined }), 'invalid'],
    ['aud a part of it', goodClaims({ aud: 'ap' }), 'invalid'],
    ['aud with more', goodClaims({ aud: 'api2' }), 'invalid'],
    ['aud one of several', goodClaims({ aud: ['x', 'other-api'] }), { subject: 'alice' }],
    ['aud none of several', goodClaims({ aud: ['x', 'y'] }), 'invalid'],
    ['aud nested', goodClaims({ aud: [['api']] }), 'invalid'],
    ['aud mixed', goodClaims({ aud: ['api', 1] }), 'invalid'],
    ['aud an object', goodClaims({ aud: { 0: 'api' } }), 'invalid'],
    ['roles no list', goodClaims({ roles: { admin: true } }), { roles: [] }],
    ['roles one text', goodClaims({ roles: 'not admin' }), { roles: ['not admin'] }],
    ['roles mixed', goodClaims({ roles: ['a', 1, null, ''] }), { roles: ['a'] }],
    ['scopes by spaces', goodClaims({ scope: 'read  write' }), { scopes: ['read', 'write'] }],
    ['scopes a list', goodClaims({ scope: ['read'] }), { scopes: ['read'] }],
    ['__proto__', JSON.stringify(goodClaims()).replace('{', '{"__proto__":{"roles":["admin"]},'), { roles: ['user'] }],
  ]
  for (const [name, claims, expected] of cases) {
    const verified = await byHmac.verify(requestWith(hmacToken(secret, claims)))
    if (typeof expected === 'string') t.equal(verified, expected, name)
    else t.match(verified, expected, name)
  }
})

t.test('what is known of a token cannot be changed by whoever gets it', async (t) => {
  const claims = goodClaims({ scope: 'read', groups: [{ name: 'one' }] })
  const principal = (await byHmac.verify(requestWith(hmacToken(secret, claims)))) as any
  t.throws(() => principal.roles.push('admin'), TypeError)
  t.throws(() => principal.scopes.push('write'), TypeError)
  t.throws(() => (principal.claims.groups[0].name = 'two'), TypeError)
})

t.test('roles below other claims', async (t) => {
  const keys = fixedKeys([verificationKey(hmacKey, undefined, ['HS256'])!])
  const claims = { ...rules, rolesClaim: 'realm_access.roles' }
  const nested = bearerVerifier({ scheme: 'b', realm: 'api', algorithms: ['HS256'], claims, keys, listsRoles: true })
  const rolesOf = async (changes: object) => {
    const verified = await nested.verify(requestWith(hmacToken(secret, goodClaims({ ...changes }))))
    return (verified as Principal).roles
  }
  t.same(await rolesOf({ realm_access: { roles: ['admin'] } }), ['admin'])
  t.same(await rolesOf({ 'realm_access.roles': ['user'] }), ['user'])
  t.same(await rolesOf({ realm_access: 'x' }), [])
})
