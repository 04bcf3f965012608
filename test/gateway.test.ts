import t from 'tap'
import { BootError, planGateway } from '../src/index.ts'
import { packageUrl, serve, writeProject } from './gateway.ts'

const ok = { 200: { description: 'ok' } }

const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1.0.0' },
  servers: [{ url: 'https://api.example.com/{stage}/', variables: { stage: { default: 'v1' } } }],
  security: [],
  paths: {
    '/things/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
      get: { operationId: 'getThing', responses: ok },
      delete: { operationId: 'deleteThing', responses: { 204: { description: 'gone' } } },
    },
    '/things/mine': { get: { operationId: 'getMine', responses: ok } },
    '/things': {
      post: {
        operationId: 'createThing',
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } },
          },
        },
        responses: { 201: { description: 'created', content: { 'application/json': { schema: { type: 'object' } } } } },
      },
    },
  },
}

const handlers = `
export const getThing = ({ params }) => ({ id: params.id })
export const getMine = () => ({ mine: true })
export const deleteThing = () => undefined
export const createThing = ({ body }, { reply }) => reply(201, body, { location: '/v1/things/1' })
`

t.test('two documents and a module become an API', async (t) => {
  const { request } = await serve(t, { openapi, handlers })

  const thing = await request('GET', '/v1/things/7')
  t.equal(thing.status, 200)
  t.same(thing.body, { id: 7 })
  t.match(thing.headers.get('content-type'), 'application/json')

  t.same((await request('GET', '/v1/things/mine')).body, { mine: true }, 'literal before templated')

  const created = await request('POST', '/v1/things', { json: { name: 'lamp' } })
  t.equal(created.status, 201)
  t.equal(created.headers.get('location'), '/v1/things/1')

  const deleted = await request('DELETE', '/v1/things/7')
  t.equal(deleted.status, 204)
  t.equal(deleted.text, '')
})

t.test('what no operation answers', async (t) => {
  const { request } = await serve(t, { openapi, handlers })

  const missing = await request('GET', '/v1/nothing')
  t.equal(missing.status, 404)
  t.match(missing.body, { code: 'not_found', status: 404, instance: '/v1/nothing', type: 'urn:gatefold:problem:not_found' })
  t.match(missing.headers.get('content-type'), 'application/problem+json')
  t.equal(missing.body.request_id, missing.headers.get('x-request-id'))

  const wrong = await request('PUT', '/v1/things/7', { json: {} })
  t.equal(wrong.status, 405)
  t.equal(wrong.headers.get('allow'), 'GET, DELETE, HEAD, OPTIONS')

  const literal = await request('DELETE', '/v1/things/mine')
  t.equal(literal.status, 405, 'the literal path does not fall through to the templated one')

  const head = await request('HEAD', '/v1/things/7')
  t.equal(head.status, 200)
  t.equal(head.text, '')
  t.equal(head.headers.get('content-length'), String(JSON.stringify({ id: 7 }).length))

  const options = await request('OPTIONS', '/v1/things/7')
  t.equal(options.status, 204)
  t.equal(options.headers.get('allow'), 'GET, DELETE, HEAD, OPTIONS')
})

t.test('all errors of a request are reported with their places', async (t) => {
  const { request } = await serve(t, { openapi, handlers })
  const refused = await request('GET', '/v1/things/seven')
  t.equal(refused.status, 422)
  t.match(refused.body, { code: 'validation_failed', errors: [{ place: 'path', pointer: '/id' }] })
  t.match((await request('POST', '/v1/things', { json: {} })).body.errors, [{ place: 'body', pointer: '/name' }])
  t.equal((await request('POST', '/v1/things', { body: '{', headers: { 'content-type': 'application/json' } })).status, 400)
  t.equal((await request('POST', '/v1/things', { body: 'x', headers: { 'content-type': 'text/plain' } })).status, 415)
})

t.test('a handler that misbehaves harms its own request only, and nothing internal leaks', async (t) => {
  const { request, logs } = await serve(t, {
    openapi,
    gateway: { operations: { getMine: { timeout: '100ms' } } },
    handlers: `
      import { applicationProblem } from '${new URL('../src/errors.ts', import.meta.url).href}'
      export const getThing = ({ params }, { problem }) => {
        if (params.id === 1) throw new Error('the password is hunter2')
        if (params.id === 2) return Promise.reject(new Error('SELECT * FROM secrets'))
        if (params.id === 3) throw problem('thing_locked', { status: 423, detail: 'come back later' })
        if (params.id === 4) return problem('not_found', { detail: 'there is no thing 4' })
        if (params.id === 5) { const loop = {}; loop.loop = loop; return loop }
        if (params.id === 6) return 10n
        return { id: params.id }
      }
      export const getMine = () => new Promise(() => {})
      export const deleteThing = () => ({ unexpected: true })
      export const createThing = () => ({})
    `,
  })
  for (const id of [1, 2, 5, 6]) {
    const failed = await request('GET', `/v1/things/${id}`)
    t.equal(failed.status, 500, `thing ${id}`)
    t.match(failed.body, { code: 'internal_error', title: 'Something went wrong on the server' })
    t.notMatch(failed.text, /hunter2|SELECT|circular|BigInt|handlers/)
  }
  t.match((await request('GET', '/v1/things/3')).body, { status: 423, code: 'thing_locked', detail: 'come back later' })
  t.match((await request('GET', '/v1/things/4')).body, { status: 404, detail: 'there is no thing 4' })

  const late = await request('GET', '/v1/things/mine')
  t.equal(late.status, 504)
  t.match(late.body, { code: 'timeout' })

  t.same((await request('GET', '/v1/things/9')).body, { id: 9 }, 'others are served')
  t.ok(
    logs().some((record) => JSON.stringify(record).includes('hunter2')),
    'the log has the error',
  )
})

t.test('a client that leaves aborts the signal of its own request', async (t) => {
  const { url, request } = await serve(t, {
    openapi,
    handlers: `
      let begun = 0
      let aborted = 0
      export const getMine = (_, { signal }) => new Promise((resolve) => {
        begun++
        signal.addEventListener('abort', () => { aborted++; resolve({}) })
      })
      export const getThing = () => ({ begun, aborted })
      export const deleteThing = () => undefined
      export const createThing = () => ({})
    `,
  })
  const leaving = new AbortController()
  const left = fetch(`${url}/v1/things/mine`, { signal: leaving.signal }).catch(() => 'left')
  const seen = async (what: 'begun' | 'aborted') => (await request('GET', '/v1/things/1')).body[what]
  while ((await seen('begun')) === 0);
  leaving.abort()
  t.equal(await left, 'left')
  while ((await seen('aborted')) === 0);
  t.equal(await seen('aborted'), 1)
})

t.test('all errors come at once, and such a gateway does not start', async (t) => {
  const directory = writeProject(t, {
    openapi: { ...openapi, security: undefined },
    gateway: { operations: { getThings: { timeout: 5 } }, sever: {} },
    handlers: 'export const getThng = () => ({})\nexport const getMine = () => ({})',
  })
  const plan = await planGateway({ directory, environment: {} })
  const codes = plan.diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)
  t.same(new Set(codes), new Set(['no-access-decision', 'no-target', 'unknown-operation', 'unknown-key']))
  await t.rejects(plan.start(), BootError)
})

t.test('several documents are served as one, each below its prefix', async (t) => {
  const other = {
    openapi: '3.0.3',
    info: { title: 'other', version: '1' },
    security: [],
    paths: { '/health': { get: { operationId: 'otherHealth', responses: ok } } },
  }
  const { request } = await serve(t, {
    openapi,
    gateway: { openapi: [{ file: './openapi.yaml' }, { file: './other.json', prefix: '/other' }] },
    handlers: `${handlers}\nexport const otherHealth = () => ({ fine: true })`,
    files: { 'other.json': JSON.stringify(other) },
  })
  t.same((await request('GET', '/other/health')).body, { fine: true })
  t.same((await request('GET', '/v1/things/1')).body, { id: 1 })
  const { paths } = (await request('GET', '/v1/openapi.json')).body
  t.ok(paths['/things/{id}'])
  t.same(paths['/other/health'].servers, [{ url: '/' }])
})

t.test('any Koa middleware can be a policy of a team', async (t) => {
  const { request } = await serve(t, {
    openapi,
    gateway: {
      extensions: ['./stamp.ts'],
      operations: {
        getMine: { stamp: { name: 'x-stamp', value: 'yes' } },
        getThing: { closed: true },
        deleteThing: { passed: true },
      },
    },
    handlers: `${handlers.replace(/export const deleteThing.*/, '')}
      export const deleteThing = (_request, { reply }) => reply(303, undefined, { location: '/v1/things/mine' })
    `,
    files: {
      'stamp.ts': `
        import { definePolicy, fromKoa } from '${packageUrl}'
        import Type from '${import.meta.resolve('typebox')}'
        export const stamp = definePolicy({
          name: 'stamp',
          schema: Type.Object({ name: Type.String(), value: Type.String({ default: 'no' }) }),
          compile: ({ name, value }) => fromKoa(async (ctx, next) => {
            await next()
            ctx.set(name, value)
            ctx.body = { ...ctx.body, stamped: true }
          }),
        })
        export const closed = definePolicy({
          name: 'closed',
          schema: Type.Boolean(),
          compile: () => fromKoa((ctx) => { ctx.status = 418; ctx.body = 'closed' }),
        })
        export const passed = definePolicy({
          name: 'passed',
          schema: Type.Boolean(),
          compile: () => fromKoa(async (ctx, next) => { await next(); ctx.set('x-passed', String(ctx.status)) }),
        })
      `,
    },
  })
  const stamped = await request('GET', '/v1/things/mine')
  t.equal(stamped.headers.get('x-stamp'), 'yes')
  t.same(stamped.body, { mine: true, stamped: true })
  const closed = await request('GET', '/v1/things/1')
  t.equal(closed.status, 418)
  t.equal(closed.text, 'closed')
  const passed = await request('DELETE', '/v1/things/1', { redirect: 'manual' })
  t.equal(passed.status, 303, 'an answer without a body keeps its status')
  t.match(Object.fromEntries(passed.headers), { location: '/v1/things/mine', 'x-passed': '303' })
})
