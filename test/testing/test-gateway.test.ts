import { hash } from 'node:crypto'
import t from 'tap'
import { hashPassword } from '../../src/authentication/passwords.ts'
import { testGateway } from '../../src/testing/test-gateway.ts'
import { writeProject } from '../gateway.ts'

const ok = { 200: { description: 'ok', content: { 'application/json': { schema: {} } } } }
const who = (operationId: string, ...security: object[]) => ({ get: { operationId, security, responses: ok } })

const openapi = {
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  servers: [{ url: '/api' }],
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      issuer: { type: 'openIdConnect', openIdConnectUrl: 'https://issuer.example/.well-known/openid-configuration' },
      partner: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      link: { type: 'apiKey', in: 'query', name: 'key' },
      session: { type: 'apiKey', in: 'cookie', name: 'sid' },
      operator: { type: 'http', scheme: 'basic' },
    },
  },
  paths: {
    '/bearer': who('byBearer', { bearer: [] }),
    '/issuer': who('byIssuer', { issuer: ['read'] }),
    '/partner': who('byPartner', { partner: [] }),
    '/link': who('byLink', { link: [] }),
    '/session': who('bySession', { session: [] }),
    '/operator': who('byOperator', { operator: [] }),
    '/both': who('byBoth', { bearer: [], partner: [] }),
    '/echo': {
      post: {
        operationId: 'echo',
        security: [],
        requestBody: {
          content: {
            'application/json': { schema: {} },
            'application/x-www-form-urlencoded': { schema: {} },
            'multipart/form-data': { schema: {} },
            'text/plain': { schema: {} },
          },
        },
        parameters: [{ name: 'tag', in: 'query', schema: { type: 'array', items: { type: 'string' } } }],
        responses: ok,
      },
    },
    '/fail': { get: { operationId: 'fail', security: [], responses: ok } },
  },
}

const operations = ['byBearer', 'byIssuer', 'byPartner', 'byLink', 'bySession', 'byOperator', 'byBoth']
const key = (id: string, more: object = {}) => ({ keys: [{ id, sha256: hash('sha256', 'the real key'), ...more }] })

async function writeSchemes(t: Parameters<typeof writeProject>[0]) {
  return writeProject(t, {
    openapi,
    gateway: {
      metrics: { port: 9464 },
      authentication: {
        bearer: {
          jwt: {
            algorithms: ['HS512', 'HS256'],
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of gateway.yaml
            secret: '${JWT_SECRET}',
            issuer: 'us',
            audience: ['api', 'x'],
            rolesClaim: 'realm.roles',
          },
        },
        issuer: { jwt: { algorithms: ['ES256', 'RS256'], jwks: 'https://issuer.example/jwks.json', audience: 'api' } },
        partner: { apiKey: key('acme', { roles: ['reader'] }) },
        link: { apiKey: key('mail', { subject: 'newsletter' }) },
        session: { apiKey: key('one') },
        operator: { basic: { users: [{ username: 'root', password: await hashPassword('the real one'), roles: ['ops'] }] } },
      },
      operations: {
        byBearer: { roles: ['user'], rateLimit: { limit: 3, window: '60s', by: 'principal' } },
        byPartner: { roles: ['reader'] },
        byOperator: { roles: ['ops'] },
        echo: { access: 'public' },
        fail: { access: 'public' },
      },
    },
    handlers: `${operations.map((id) => `export const ${id} = (_, { principal }) => principal`).join('\n')}
export const echo = ({ body, query, headers }) => ({ body, tag: query.tag, host: headers.host })
export const fail = () => { throw new Error('boom') }`,
  })
}

t.test('a project without a database', async (t) => {
  const directory = await writeSchemes(t)
  const principals = [{ scheme: 'partner', subject: 'guest' }]
  const gateway = await testGateway({ directory, environment: {}, principals, silent: true })
  t.teardown(gateway.stop)
  const { request, clock } = gateway

  await t.test('every scheme admits whom a test names, by the real authenticator', async (t) => {
    const ada = { subject: 'ada', roles: ['user'], scopes: ['a', 'b'], claims: { tenant: 7 } }
    const bearer = await request('GET', '/bearer', { as: ada })
    t.match(bearer.expect(200).body, { subject: 'ada', roles: ['user'], scopes: ['a', 'b'], scheme: 'bearer' })
    t.match(bearer.body.claims, { iss: 'us', aud: ['api', 'x'], realm: { roles: ['user'] }, tenant: 7 })
    const issuer = await request('GET', '/issuer', { as: { scheme: 'issuer', subject: 'eve', scopes: ['read'] } })
    t.match(issuer.expect(200).body, { subject: 'eve', scheme: 'issuer', claims: { aud: 'api' } })
    t.match((await request('GET', '/partner', { as: { scheme: 'partner', subject: 'acme' } })).body, { roles: ['reader'] })
    t.match((await request('GET', '/link?x=1', { as: { scheme: 'link', subject: 'newsletter' } })).body, { scheme: 'link' })
    t.match((await request('GET', '/session', { as: { scheme: 'session', subject: 'one' } })).body, { subject: 'one' })
    t.match((await request('GET', '/operator', { as: { scheme: 'operator', subject: 'root' } })).body, { roles: ['ops'] })
    const both = [{ subject: 'ada' }, { scheme: 'partner', subject: 'acme' }]
    t.match((await request('GET', '/both', { as: both })).body, { subject: 'ada', roles: ['reader'] })
  })

  await t.test('and refuses the others', async (t) => {
    t.match(await request('GET', '/bearer'), { status: 401, problem: { code: 'unauthenticated' } })
    t.match(await request('GET', '/bearer', { as: { subject: 'eve' } }), { status: 403, problem: { code: 'forbidden' } })
    t.equal((await request('GET', '/issuer', { as: { scheme: 'issuer', subject: 'eve' } })).status, 403, 'without the scope')
    t.equal((await request('GET', '/partner', { as: { scheme: 'partner', subject: 'guest' } })).status, 403)
    for (const claims of [{ iss: 'them' }, { aud: 'other' }, { exp: undefined }, { nbf: Date.now() / 1000 + 60 }])
      t.equal((await request('GET', '/bearer', { as: { subject: 'ada', roles: ['user'], claims } })).status, 401)
    const basic = { authorization: `Basic ${btoa('root:the real one')}` }
    t.equal((await request('GET', '/operator', { headers: basic })).status, 401, 'real credentials are not known')
    t.equal((await request('GET', '/partner', { headers: { 'X-Api-Key': 'the real key' } })).status, 401)
  })

  await t.test('callers that cannot be', async (t) => {
    const as = (caller: { subject: string; scheme?: string; roles?: string[] }) => request('GET', '/bearer', { as: caller })
    await t.rejects(as({ subject: 'x', scheme: 'baerer' }), { message: /no scheme 'baerer'.*; there are: bearer, issuer, / })
    await t.rejects(as({ subject: 'x', scheme: 'partner' }), {
      message: /knows nobody called 'x', only acme, guest; .*principals/,
    })
    await t.rejects(as({ subject: 'acme', scheme: 'partner', roles: ['admin'] }), {
      message: /has the roles reader by gateway.yaml/,
    })
    const twice = [{ subject: 'ada' }, { scheme: 'issuer', subject: 'ada' }]
    await t.rejects(request('GET', '/both', { as: twice }), { message: /need the header 'authorization'/ })
  })

  await t.test('what is sent arrives', async (t) => {
    const echo = async (options: object) => (await request('POST', '/echo', options)).expect(200).body
    t.match(await echo({ json: { a: [1] } }), { body: { a: [1] } })
    t.match(await echo({ form: { a: '1' } }), { body: { a: '1' } })
    const form = new FormData()
    form.set('a', 'ä')
    t.match(await echo({ form }), { body: { a: 'ä' } })
    t.match(await echo({ body: 'text', headers: { 'content-type': 'text/plain' } }), { body: 'text' })
    t.match(await echo({ query: { tag: ['a', 'b'], none: undefined } }), { tag: ['a', 'b'] })
    t.match(await echo({ headers: { Host: 'api.example' } }), { host: 'api.example' })
    await t.rejects(echo({ json: 1, body: '' }), { message: /one body.*json, body/ })
    t.equal((await request('POST', '/echo', { body: '{', headers: { 'content-type': 'application/json' } })).status, 400)
  })

  await t.test('paths are below the base path, unless they say so themselves', async (t) => {
    for (const path of ['/health', '/api/health', `${gateway.url}/api/health`, new URL('/livez', gateway.url)])
      t.equal((await request('GET', path)).status, 200, String(path))
    t.match(await request('GET', '/apix'), { status: 404, problem: { instance: '/api/apix' } })
    t.match(await request('GET', '/a/../health'), { status: 404 }, 'and go out as they are')
    await t.rejects(request('GET', 'health'), { message: /begins with '\/'/ })
    await t.rejects(request('GET', 'http://example.com/'), { message: /not served by this gateway/ })
  })

  await t.test('an answer that was not expected is shown', async (t) => {
    const answer = await request('GET', '/bearer')
    t.throws(() => answer.expect(200), {
      message: /^GET \/api\/bearer was answered with 401, not 200: unauthenticated: Send cred/,
    })
    t.equal(answer.expect(401), answer)
  })

  await t.test('the log is at hand', async (t) => {
    t.equal((await request('GET', '/fail')).status, 500)
    t.match(
      gateway.logs.filter(({ op }) => op === 'fail'),
      [
        { level: 'error', err: { message: 'boom' } },
        { level: 'info', msg: 'request', status: 500 },
      ],
    )
  })

  await t.test('limits and tokens follow the clock', async (t) => {
    clock.freeze()
    const as = { subject: 'grace', roles: ['user'], expiresIn: '2m' } as const
    const headers = (await gateway.credentials(as)).headers
    const call = () => request('GET', '/bearer', { headers })
    t.equal((await call()).headers.get('ratelimit'), '"principal";r=2;t=60')
    await clock.advance('10s')
    t.equal((await call()).headers.get('ratelimit'), '"principal";r=1;t=50')
    await call()
    const refused = await call()
    t.same([refused.status, refused.headers.get('retry-after')], [429, '50'])
    await clock.advance('50s')
    t.equal((await call()).status, 200)
    await clock.advance('59s')
    t.equal((await call()).status, 200, 'a second before its end the token is good')
    await clock.advance(1000)
    t.match(await call(), { status: 401, problem: { detail: 'The credentials have expired.' } })
    t.equal((await request('GET', '/bearer', { as })).status, 200, 'a new one begins now')
    await clock.set('2040-01-01T00:00:00Z')
    const { body } = await request('GET', '/bearer', { as })
    t.equal(body.claims.iat, Date.parse('2040-01-01T00:00:00Z') / 1000)
    await t.rejects(clock.set('soon'), { message: /no time/ })
    clock.run()
  })
})

t.test('several at once do not get in each other’s way', async (t) => {
  const directory = await writeSchemes(t)
  const gateways = await Promise.all([1, 2].map(() => testGateway({ directory, environment: {} })))
  t.not(gateways[0]?.url, gateways[1]?.url)
  await Promise.all(gateways.map(({ stop }) => stop()))
  await Promise.all(gateways.map(({ stop }) => stop()))
})

t.test('what a test puts in place of the project’s own', async (t) => {
  const directory = await writeSchemes(t)
  {
    await using gateway = await testGateway({
      directory,
      environment: {},
      config: { operations: { byBearer: { roles: ['boss'] } }, authentication: { bearer: { jwt: { secret: 's'.repeat(64) } } } },
      handlers: {
        echo: (_, { services }) => services,
        fail: (_, { reply }) => reply(200, Buffer.from('{'), { 'content-type': 'application/json' }),
      },
      services: { database: { stub: 'yes' } as never },
    })
    await t.rejects(gateway.credentials({ subject: 'ada' }), { message: /configures the keys of 'bearer' itself/ })
    t.match(gateway.plan.operations.find(({ id }) => id === 'byBearer')?.settings.get('roles')?.value, ['boss'])
    t.match((await gateway.request('POST', '/echo')).body, { database: { stub: 'yes' } })
    t.match(await gateway.request('GET', '/fail'), { status: 200, text: '{', body: undefined })
    const { url } = gateway
    await gateway.stop()
    await t.rejects(fetch(url), 'nothing listens any more')
  }
  await t.rejects(testGateway({ directory, environment: {}, config: { operations: { echoo: {} } } }), {
    message: /the gateway cannot start:[\s\S]*no operation has the operationId 'echoo'[\s\S]*did you mean 'echo'/,
  })
  await t.rejects(testGateway({ directory, principals: [{ scheme: 'x', subject: 'y' }] }), { message: /no scheme 'x'/ })
})
