import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { serve, writeProject } from '../gateway.ts'

const ok = { 200: { description: 'ok' } }
const parameters = [{ name: 'limit', in: 'query', schema: { type: 'integer' } }]
const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1.0.0' },
  security: [],
  paths: {
    '/things': {
      get: { operationId: 'listThings', parameters, responses: ok },
      post: { operationId: 'createThing', responses: ok },
    },
    '/open': { get: { operationId: 'open', responses: ok } },
    '/none': { get: { operationId: 'none', responses: ok } },
    '/strict': { put: { operationId: 'strict', responses: ok } },
  },
}
const app = 'https://app.example.com'
const gateway = {
  defaults: { cors: { origins: [app, 'https://*.example.org'], credentials: true } },
  operations: {
    createThing: { cors: { origins: ['https://admin.example.com'], credentials: false } },
    open: { cors: { origins: ['*'], credentials: false } },
    none: { cors: false },
    strict: { cors: { methods: ['PUT'], headers: ['Content-Type'], exposedHeaders: ['X-Total'], maxAge: '1h' } },
  },
}
const handlers = ['listThings', 'createThing', 'open', 'none', 'strict']
  .map((name) => `export const ${name} = () => ({})\n`)
  .join('')

t.test('CORS over HTTP', async (t) => {
  const { request } = await serve(t, { openapi, gateway, handlers })
  const send = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await request(method, path, { headers })
    const cors = [...answer.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary')
    return { status: answer.status, ...Object.fromEntries(cors) } as Record<string, unknown>
  }
  const exposed = 'Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id'
  const allowed = (origin: string) => ({
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': exposed,
  })

  await t.test('answers', async (t) => {
    t.same(await send('GET', '/things', { origin: app }), { status: 200, ...allowed(app) })
    t.same(await send('GET', '/things', { origin: 'https://x.example.org' }), {
      status: 200,
      ...allowed('https://x.example.org'),
    })
    t.same(await send('GET', '/things', { origin: 'https://evil.example' }), { status: 200, vary: 'Origin' })
    t.same(await send('GET', '/things', { origin: 'null' }), { status: 200, vary: 'Origin' })
    t.same(await send('GET', '/things'), { status: 200, vary: 'Origin' }, 'caches must know even without an origin')
    t.same(await send('GET', '/none', { origin: app }), { status: 200 })
    t.same(await send('GET', '/open', { origin: 'https://anybody.example' }), {
      status: 200,
      'access-control-allow-origin': '*',
      'access-control-expose-headers': exposed,
    })
    t.same(await send('HEAD', '/things', { origin: app }), { status: 200, ...allowed(app) })
  })

  await t.test('refusals', async (t) => {
    t.same(await send('GET', '/things?limit=many', { origin: app }), { status: 422, ...allowed(app) })
    t.same(await send('DELETE', '/things', { origin: app }), { status: 405, ...allowed(app) })
    t.same(await send('GET', '/nowhere', { origin: app }), { status: 404, ...allowed(app) })
  })

  await t.test('preflights of the gateway’s own routes', async (t) => {
    const ask = (method: string, origin: string) =>
      send('OPTIONS', '/health', {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization',
      })
    const granted = {
      'access-control-allow-methods': 'HEAD, GET, OPTIONS',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '600',
    }
    t.same(await ask('GET', app), { status: 204, ...allowed(app), ...granted })
    t.same(await ask('DELETE', app), { status: 204, ...allowed(app) })
    t.same(await ask('GET', 'https://evil.example'), { status: 204, vary: 'Origin' })
  })

  await t.test('preflights', async (t) => {
    const preflight = (path: string, origin: string, method: string, more: Record<string, string> = {}) =>
      send('OPTIONS', path, { origin, 'access-control-request-method': method, ...more })
    const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
    const refused = { status: 204, vary }
    const granted = {
      status: 204,
      vary,
      'access-control-allow-origin': app,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST, HEAD, OPTIONS',
      'access-control-max-age': '600',
    }
    t.same(await preflight('/things', app, 'GET'), granted)
    t.same(await preflight('/things', app, 'GET', { 'access-control-request-headers': 'authorization,x-any' }), {
      ...granted,
      'access-control-allow-headers': 'authorization,x-any',
    })
    t.same(await preflight('/things', app, 'GET', { 'access-control-request-headers': 'x: y' }), granted, 'no list of names')
    t.same(await preflight('/things', app, 'GET', { 'access-control-request-private-network': 'true' }), granted)
    t.same(await preflight('/things', app, 'POST'), refused, 'POST is for another origin')
    t.match(await preflight('/things', 'https://admin.example.com', 'POST'), {
      'access-control-allow-origin': 'https://admin.example.com',
    })
    t.same(await preflight('/things', 'https://admin.example.com', 'GET'), refused)
    t.same(await preflight('/things', 'https://evil.example', 'GET'), refused)
    t.same(await preflight('/things', app, 'DELETE'), refused, 'nobody answers DELETE')
    t.same(await preflight('/things', app, 'get'), refused, 'methods are case-sensitive')
    t.same(await preflight('/none', app, 'GET'), { status: 204 })
    t.match(await preflight('/open', 'https://anybody.example', 'GET'), { 'access-control-allow-origin': '*' })
    t.same(await preflight('/strict', app, 'PUT', { 'access-control-request-headers': 'x-any' }), {
      ...granted,
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'Content-Type',
      'access-control-max-age': '3600',
    })
    t.same(await send('OPTIONS', '/things'), refused, 'OPTIONS without an origin')
    t.equal((await request('OPTIONS', '/things')).headers.get('allow'), 'GET, POST, HEAD, OPTIONS')
  })
})

t.test('what would be unsafe, or match nothing, does not boot', async (t) => {
  const diagnose = async (cors: object) => {
    const directory = writeProject(t, { openapi, gateway: { defaults: { cors } }, handlers })
    const plan = await planGateway({ directory, environment: {} })
    return plan.diagnostics.map(({ code, at, hint }) => `${at?.file}:${at?.line} ${code} ${hint}`)
  }
  const [everybody, ...more] = await diagnose({ origins: ['*'], credentials: true })
  t.match(everybody, /^gateway\.yaml:\d+ wildcard-with-credentials list the origins/)
  t.same(more, [], 'said once, though it holds for every operation')
  t.match(
    (await diagnose({ origins: ['https://app.example.com/'] }))[0],
    /wrong-origin browsers write it as https:\/\/app\.example\.com$/,
  )
  t.match((await diagnose({ origins: ['null'] }))[0], /wrong-origin/)
})

t.test('a document that describes OPTIONS itself leaves preflights to cors', async (t) => {
  const { request } = await serve(t, {
    openapi: {
      ...openapi,
      paths: {
        '/things': {
          post: { operationId: 'createThing', responses: ok },
          options: { operationId: 'describeThings', responses: ok },
        },
        '/none': {
          get: { operationId: 'none', responses: ok },
          options: { operationId: 'describeNone', responses: ok },
        },
      },
    },
    gateway: {
      defaults: { cors: { origins: [app] } },
      operations: { none: { cors: false } },
    },
    handlers: ['createThing', 'describeThings', 'none', 'describeNone']
      .map((name) => `export const ${name} = () => ({ name: '${name}' })`)
      .join('\n'),
  })
  const preflight = (path: string, method: string, origin = app) =>
    request('OPTIONS', path, { headers: { origin, 'access-control-request-method': method } })
  const granted = await preflight('/things', 'POST')
  t.equal(granted.status, 204)
  t.match(Object.fromEntries(granted.headers), {
    'access-control-allow-origin': app,
    'access-control-allow-methods': 'POST, OPTIONS',
    allow: 'POST, OPTIONS',
  })
  t.notOk((await preflight('/things', 'POST', 'https://evil.example')).headers.has('access-control-allow-origin'))
  t.match((await preflight('/none', 'GET')).body, { name: 'describeNone' }, 'where the method has no cors, the operation answers')
  t.match(
    (await request('OPTIONS', '/things')).body,
    { name: 'describeThings' },
    'what is no preflight is answered by the operation',
  )
})
