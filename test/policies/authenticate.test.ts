import { hash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import t from 'tap'
import { hashPassword } from '../../src/authentication/passwords.ts'
import { planGateway } from '../../src/gateway.ts'
import { goodClaims, hmacToken, part } from '../authentication/tokens.ts'
import { serve, writeProject } from '../gateway.ts'

const secret = 'a-secret-of-at-least-32-bytes-for-HS256'
const ok = { 200: { description: 'ok' } }
const operation = (operationId: string, security?: object[]) => ({
  get: { operationId, responses: ok, ...(security && { security }) },
})

const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1.0.0' },
  security: [{ bearerAuth: [] }],
  paths: {
    '/me': operation('me'),
    '/public': operation('open', []),
    '/optional': operation('optional', [{ bearerAuth: [] }, {}]),
    '/key': operation('byKey', [{ keyAuth: [] }]),
    '/either': operation('either', [{ bearerAuth: [] }, { basicAuth: [] }, { keyAuth: [] }]),
    '/both': operation('both', [{ bearerAuth: [], keyAuth: [] }]),
    '/scoped': operation('scoped', [{ oauth: ['things:write'] }]),
    '/admin': operation('admin'),
  },
  components: {
    securitySchemes: {
      bearerAuth: { type: 'http', scheme: 'bearer' },
      basicAuth: { type: 'http', scheme: 'basic' },
      keyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/token', scopes: { 'things:write': 'write things' } } } },
    },
  },
}

const jwt = { algorithms: ['HS256'], secret, issuer: 'https://issuer.example', audience: 'api' }
const gateway = {
  authentication: {
    bearerAuth: { jwt },
    oauth: { jwt },
    keyAuth: { apiKey: { keys: [{ id: 'ci', sha256: hash('sha256', 'the-key', 'hex'), roles: ['robot'] }] } },
    basicAuth: { basic: { users: [{ username: 'ada', password: await hashPassword('lovelace') }] } },
  },
  operations: { admin: { roles: ['admin'] } },
}

const who = '(_, { principal }) => ({ subject: principal?.subject ?? null, roles: principal?.roles, scheme: principal?.scheme })'
const names = ['me', 'open', 'optional', 'byKey', 'either', 'both', 'scoped', 'admin']
const handlers = names.map((name) => `export const ${name} = ${who}\n`).join('')

const token = (changes?: Record<string, unknown>) => hmacToken(secret, goodClaims(changes))
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

t.test('who is calling', async (t) => {
  const { request, url } = await serve(t, { openapi, gateway, handlers })
  const get = (path: string, headers: Record<string, string> = {}) => request('GET', path, { headers })
  const bearer = (changes?: Record<string, unknown>) => ({ authorization: `Bearer ${token(changes)}` })

  await t.test('admitted', async (t) => {
    const table: [path: string, headers: Record<string, string>, subject: string | null][] = [
      ['/me', bearer(), 'alice'],
      ['/public', {}, null],
      ['/public', { authorization: 'Bearer nonsense' }, null],
      ['/optional', {}, null],
      ['/optional', bearer(), 'alice'],
      ['/key', { 'x-api-key': 'the-key' }, 'ci'],
      ['/either', { authorization: basic('ada:lovelace') }, 'ada'],
      ['/either', { authorization: 'Bearer nonsense', 'x-api-key': 'the-key' }, 'ci'],
      ['/both', { ...bearer(), 'x-api-key': 'the-key' }, 'alice'],
      ['/scoped', bearer({ scope: 'things:read things:write' }), 'alice'],
      ['/admin', bearer({ roles: ['admin'] }), 'alice'],
    ]
    for (const [path, headers, subject] of table) {
      const answer = await get(path, headers)
      t.equal(answer.status, 200, path)
      t.equal(answer.body.subject, subject)
    }
    t.same((await get('/both', { ...bearer(), 'x-api-key': 'the-key' })).body.roles, ['user', 'robot'])
  })

  await t.test('refused', async (t) => {
    const table: [path: string, headers: Record<string, string>, status: number, code: string, challenge: RegExp | null][] = [
      ['/me', {}, 401, 'unauthenticated', /^Bearer realm="api"$/],
      ['/me', { authorization: basic('ada:lovelace') }, 401, 'unauthenticated', /^Bearer realm="api"$/],
      ['/me', { authorization: 'Bearer nonsense' }, 401, 'invalid_credentials', /error="invalid_token"/],
      ['/me', bearer({ exp: 1 }), 401, 'invalid_credentials', /expired/],
      ['/me', bearer({ aud: 'other' }), 401, 'invalid_credentials', /not valid/],
      [
        '/me',
        { authorization: `Bearer ${part({ alg: 'none' })}.${part(goodClaims())}.` },
        401,
        'invalid_credentials',
        /not valid/,
      ],
      ['/optional', { authorization: 'Bearer nonsense' }, 401, 'invalid_credentials', /error="invalid_token"/],
      ['/key', {}, 401, 'unauthenticated', /^ApiKey realm="api", in="header", name="X-API-Key"$/],
      ['/key', { 'x-api-key': 'wrong' }, 401, 'invalid_credentials', /^ApiKey/],
      ['/either', {}, 401, 'unauthenticated', /^Bearer .*, Basic .*, ApiKey /],
      ['/either', { authorization: basic('ada:wrong') }, 401, 'invalid_credentials', /Basic realm="api", charset="UTF-8"/],
      ['/both', bearer(), 401, 'unauthenticated', /Bearer.*ApiKey/],
      ['/scoped', bearer({ scope: 'things:read' }), 403, 'forbidden', /error="insufficient_scope", scope="things:write"/],
      ['/admin', {}, 401, 'unauthenticated', /Bearer/],
      ['/admin', bearer(), 403, 'forbidden', null],
    ]
    for (const [path, headers, status, code, challenge] of table) {
      const answer = await get(path, headers)
      t.equal(answer.status, status, `${path} ${JSON.stringify(headers).slice(0, 60)}`)
      t.match(answer.body, { code, status })
      const sent = answer.headers.get('www-authenticate')
      if (challenge === null) t.equal(sent, null)
      else t.match(sent, challenge)
    }
  })

  await t.test('two Authorization headers', async (t) => {
    const value = `Bearer ${token()}`
    t.equal(await statusOf(`${url}/me`, ['Authorization', value]), 200)
    t.equal(await statusOf(`${url}/me`, ['Authorization', value, 'authorization', value]), 401)
  })
})

/** The status for headers that are sent as they are written; fetch would join two of one name. */
function statusOf(url: string, headers: string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers: ['Host', 'localhost', ...headers] }, (res) => {
      res.resume()
      resolve(res.statusCode)
    })
    sent.on('error', reject).end()
  })
}

t.test('what cannot be decided does not boot', async (t) => {
  const diagnose = async (changes: {
    schemes?: object
    security?: object[]
    authentication?: object
    more?: object
    environment?: object
  }) => {
    const directory = writeProject(t, {
      openapi: {
        ...openapi,
        security: changes.security ?? openapi.security,
        paths: { '/me': operation('me') },
        components: { securitySchemes: { ...openapi.components.securitySchemes, ...changes.schemes } },
      },
      gateway: { authentication: changes.authentication ?? gateway.authentication, ...changes.more },
      handlers: `export const me = ${who}\n`,
      files: { 'key.pem': 'nonsense' },
    })
    const plan = await planGateway({ directory, environment: { ...changes.environment } })
    return plan.diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ code, at, message }) => `${at?.file}:${at?.line} ${code} ${message}`)
  }
  const withJwt = (changes: object) => ({ bearerAuth: { jwt: { algorithms: ['HS256'], ...changes } } })
  const table: [name: string, changes: Parameters<typeof diagnose>[0], expected: RegExp][] = [
    ['no entry', { authentication: {} }, /^openapi\.yaml:\d+ undecidable-security .*'bearerAuth' has no entry/],
    ['a scope that is no name', { security: [{ bearerAuth: [1] }] }, /^openapi\.yaml:\d+ /],
    ['scopes that are no list', { security: [{ bearerAuth: 'things:write' }] }, /^openapi\.yaml:\d+ /],
    [
      'mutual TLS',
      { security: [{ tls: [] }], schemes: { tls: { type: 'mutualTLS' } } },
      /^openapi\.yaml:\d+ undecidable-security .*'tls'/,
    ],
    [
      'an entry for nothing',
      { authentication: { ...gateway.authentication, bearerAut: { jwt } } },
      /^gateway\.yaml:\d+ unknown-security-scheme/,
    ],
    [
      'another kind',
      { authentication: { bearerAuth: gateway.authentication.keyAuth } },
      /^gateway\.yaml:\d+ wrong-scheme-kind .*http bearer.*'jwt', not 'apiKey'/,
    ],
    [
      'digest',
      { schemes: { bearerAuth: { type: 'http', scheme: 'digest' } } },
      /wrong-scheme-kind .*http digest, which cannot be checked/,
    ],
    [
      'a short secret',
      { authentication: withJwt({ secret: 'x'.repeat(31) }) },
      /^gateway\.yaml:\d+ short-secret .*31 bytes; HS256 needs at least 32/,
    ],
    [
      'a secret short for one',
      { authentication: withJwt({ secret: 'x'.repeat(40), algorithms: ['HS256', 'HS512'] }) },
      /short-secret .*HS512 needs at least 64/,
    ],
    [
      'no secret in production',
      { authentication: withJwt({ secret: '' }), environment: { NODE_ENV: 'production' } },
      /missing-secret/,
    ],
    [
      'a secret for RS256',
      { authentication: withJwt({ secret, algorithms: ['RS256'] }) },
      /unfit-algorithm .*'RS256' cannot be used with a secret/,
    ],
    [
      'a key set for HS256',
      { authentication: withJwt({ jwks: 'https://issuer.example/jwks' }) },
      /unfit-algorithm .*'HS256' cannot be used with a public key/,
    ],
    [
      'a key set over http',
      { authentication: withJwt({ algorithms: ['RS256'], jwks: 'http://issuer.example/jwks' }) },
      /unsafe-url/,
    ],
    [
      'no such key',
      { authentication: withJwt({ algorithms: ['RS256'], publicKey: './missing.pem' }) },
      /unreadable-key .*there is no such file/,
    ],
    ['no key in it', { authentication: withJwt({ algorithms: ['RS256'], publicKey: './key.pem' }) }, /unreadable-key/],
    [
      'roles on a public operation',
      { more: { operations: { me: { access: 'public', roles: ['x'] } } } },
      /^gateway\.yaml:\d+ roles-without-caller/,
    ],
    ['switched off', { more: { operations: { me: { authenticate: false } } } }, /^gateway\.yaml:\d+ unknown-key/],
  ]
  for (const [name, changes, expected] of table) {
    const found = await diagnose(changes)
    t.equal(found.length, 1, `${name}: one error`)
    t.match(found[0], expected, name)
  }
})

t.test('a key set without an audience boots with a warning', async (t) => {
  const jwks = { algorithms: ['RS256'], jwks: 'https://issuer.example/jwks.json' }
  const bearer = { ...openapi, paths: { '/me': operation('me') } }
  for (const [changes, expected] of [
    [{}, ['warning any-audience']],
    [{ audience: 'api' }, []],
  ] as const) {
    const directory = writeProject(t, {
      openapi: bearer,
      gateway: { authentication: { bearerAuth: { jwt: { ...jwks, ...changes } } } },
      handlers: `export const me = ${who}\n`,
    })
    const { diagnostics } = await planGateway({ directory, environment: {} })
    t.same(
      diagnostics.map(({ severity, code }) => `${severity} ${code}`),
      expected,
    )
  }
})
