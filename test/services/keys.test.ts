import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import { developmentSecret } from '../../src/authentication/development-secret.ts'
import { goodClaims, hmacToken, signedToken } from '../authentication/tokens.ts'
import { type Project, serve, writeProject } from '../gateway.ts'

const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1.0.0' },
  security: [{ bearerAuth: [] }],
  paths: { '/me': { get: { operationId: 'me', responses: { 200: { description: 'ok' } } } } },
  components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } } },
}
const handlers = 'export const me = (_, { principal }) => ({ subject: principal.subject, roles: principal.roles })\n'
const project = (jwt: object, files: Record<string, string> = {}): Project => ({
  openapi,
  handlers,
  files,
  gateway: { log: { file: 'log.jsonl' }, authentication: { bearerAuth: { jwt } } },
})

t.test('an empty secret: one is made, kept for its owner only, and said', async (t) => {
  const { gateway, directory, request, logs } = await serve(
    t,
    project({ algorithms: ['HS256'], secret: '', issuer: 'me', audience: ['a', 'b'] }),
  )
  const { keys } = gateway.services
  const file = join(directory, '.gatefold', 'jwt-secret')
  t.equal(keys.developmentSecretFile, file)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(readFileSync(file, 'utf8'), /^[\w-]{64}$/)
  t.ok(logs().some(({ msg }) => String(msg).includes('generated for development')))

  const token = await keys.sign({ sub: 'ada', roles: ['admin'] }, { expiresIn: '30m' })
  const { iat, exp, ...claims } = decodeJwt(token)
  t.same(claims, { sub: 'ada', roles: ['admin'], iss: 'me', aud: 'a' })
  t.equal(exp! - iat!, 1800)
  t.same(decodeProtectedHeader(token), { alg: 'HS256', typ: 'JWT' })
  t.same((await request('GET', '/me', { token })).body, { subject: 'ada', roles: ['admin'] })

  const forged = hmacToken('', goodClaims({ iss: 'me', aud: 'a' }))
  t.equal((await request('GET', '/me', { token: forged })).status, 401, 'the empty secret itself is none')
})

t.test('the generated secret is used again after a restart', async (t) => {
  const kept = 'k'.repeat(64)
  const { gateway, request } = await serve(
    t,
    project({ algorithms: ['HS512'], secret: '' }, { '.gatefold/jwt-secret': `${kept}\n` }),
  )
  t.equal(
    (await request('GET', '/me', { token: await gateway.services.keys.sign({ sub: 'ada' }, { expiresIn: 60_000 }) })).status,
    200,
  )
})

t.test('a broken generated secret stops the start, and says what to do', async (t) => {
  await t.rejects(serve(t, project({ algorithms: ['HS256'], secret: '' }, { '.gatefold/jwt-secret': 'short' })), /delete it/)
  const inTheWay = project({ algorithms: ['HS256'], secret: '' }, { '.gatefold': 'a file' })
  await t.rejects(serve(t, inTheWay), /cannot be kept in .*jwt-secret: .*; choose another database\.dataDir, or set jwt\.secret$/)
})

t.test('of two processes that start at once the second waits for the secret that the first one writes', async (t) => {
  const kept = 'k'.repeat(64)
  const made = join(writeProject(t, { files: { made: '' } }), 'made')
  const secret = developmentSecret(made)
  setTimeout(writeFileSync, 100, made, kept)
  t.equal(await secret, kept)
})

t.test('key pairs', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed = generateKeyPairSync('ed25519')
  const table: [name: string, jwt: object, files: Record<string, string>][] = [
    [
      'RS256 by PEM',
      { algorithms: ['RS256'], publicKey: 'keys/public.pem', privateKey: 'keys/private.pem' },
      {
        'keys/public.pem': rsa.publicKey.export({ format: 'pem', type: 'spki' }) as string,
        'keys/private.pem': rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      },
    ],
    [
      'EdDSA by JWK',
      { algorithms: ['EdDSA'], publicKey: 'public.json', privateKey: 'private.json' },
      {
        'public.json': JSON.stringify({ ...ed.publicKey.export({ format: 'jwk' }), kid: 'one' }),
        'private.json': JSON.stringify(ed.privateKey.export({ format: 'jwk' })),
      },
    ],
  ]
  for (const [name, jwt, files] of table) {
    const { gateway, request } = await serve(t, project(jwt, files))
    const token = await gateway.services.keys.sign({ sub: 'ada' }, { expiresIn: '1m', scheme: 'bearerAuth' })
    t.equal((await request('GET', '/me', { token })).status, 200, name)
    if (name.includes('JWK')) t.equal(decodeProtectedHeader(token).kid, 'one')
    await t.rejects(
      gateway.services.keys.sign({ sub: 'ada' }, { expiresIn: '1m', scheme: 'other' }),
      /no key signs tokens of 'other'/,
    )
  }
})

t.test('an issuer that is away is 503, never 500', async (t) => {
  const { request, gateway } = await serve(t, project({ algorithms: ['RS256'], jwks: 'http://127.0.0.1:1/jwks.json' }))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const refused = await request('GET', '/me', { token: signedToken(privateKey, 'RS256', goodClaims()) })
  t.equal(refused.status, 503)
  t.match(refused.body, { code: 'authentication_unavailable' })
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
  t.equal((await request('GET', '/me', { token: 'nonsense' })).status, 401, 'what can be decided is decided')
  t.equal((await request('GET', '/me')).status, 401)
  t.match(await gateway.services.keys.check?.(), { healthy: false })
  await t.rejects(gateway.services.keys.sign({ sub: 'ada' }, { expiresIn: '1m' }), /no key signs tokens/)
})
