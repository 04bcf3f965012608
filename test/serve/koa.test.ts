import t, { type Test } from 'tap'
import { packageUrl, serve } from '../gateway.ts'

/** What a Koa middleware does behind `next()`, what the handler answers, and what goes out. */
interface Case {
  readonly way: string
  readonly inner?: string
  readonly handler?: string
  readonly status?: number
  readonly type?: string
  readonly body?: unknown
  readonly seen?: string
}

const json = 'application/json; charset=utf-8'
const look = "ctx.set('x-seen', [typeof ctx.body, ctx.status, ctx.type, ctx.length].join())"
const cases: Record<string, Case> = {
  untouched: { way: '', body: { n: 1 } },
  header: { way: "ctx.set('x-seen', 'set')", seen: 'set', body: { n: 1 } },
  looked: { way: look, seen: 'object,200,application/json,7', body: { n: 1 } },
  changedInPlace: { way: 'ctx.body.more = true', body: { n: 1, more: true } },
  wrapped: { way: 'ctx.body = { data: ctx.body }', body: { data: { n: 1 } } },
  setToItself: {
    way: 'const { body } = ctx; ctx.body = body',
    handler: "reply(200, { n: 1 }, { 'x-seen': 'kept' })",
    seen: 'kept',
    body: { n: 1 },
  },
  replacedByText: { way: "ctx.type = 'text'; ctx.body = 'words'", type: 'text/plain; charset=utf-8', body: 'words' },
  emptied: { way: 'ctx.status = 204', status: 204 },
  otherStatus: { way: 'ctx.status = 202', status: 202, body: { n: 1 } },
  otherType: {
    way: "ctx.type = 'text/plain'; ctx.body.more = true",
    type: 'text/plain; charset=utf-8',
    body: { n: 1, more: true },
  },
  seenTwice: { way: look, inner: look, seen: 'object,200,application/json,7', body: { n: 1 } },
  changedInside: { way: look, inner: 'ctx.body.more = true', seen: 'object,200,application/json,19', body: { n: 1, more: true } },
  changedOutside: { way: 'ctx.body.more = true', inner: look, seen: 'object,200,application/json,7', body: { n: 1, more: true } },
  text: { way: look, handler: "reply(200, 'word')", seen: 'string,200,text/plain,4', body: 'word' },
  number: { way: look, handler: 'reply(200, 5)', seen: 'number,200,application/json,1', body: 5 },
  nothing: { way: look, handler: 'reply(200, null)', seen: 'object,200,,' },
  noContent: { way: look, handler: 'reply(204, { n: 1 })', seen: 'object,204,,', status: 204 },
  refusal: { way: look, handler: "problem('conflict')", status: 409, type: 'application/problem+json; charset=utf-8' },
}

t.test('what a Koa middleware sees behind next(), and may change', async (t) => {
  const ids = Object.keys(cases)
  const responses = { default: { description: 'any', content: { 'application/json': {} } } }
  const waysOf = (which: 'way' | 'inner') =>
    ids.map((id) => `${id}: async (ctx, next) => { await next(); ${cases[id]?.[which] ?? ''} }`).join(',\n')
  const { request } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      security: [],
      paths: Object.fromEntries(ids.map((id) => [`/${id}`, { get: { operationId: id, responses } }])),
    },
    gateway: {
      extensions: ['./koa.ts'],
      operations: Object.fromEntries(
        ids.map((id) => [id, cases[id]?.inner === undefined ? { around: id } : { around: id, behind: id }]),
      ),
    },
    handlers: ids.map((id) => `export const ${id} = (_, { reply, problem }) => (${cases[id]?.handler ?? '{ n: 1 }'})`).join('\n'),
    files: {
      'koa.ts': `
        import { definePolicy, fromKoa, Type } from '${packageUrl}'
        const ways = { ${waysOf('way')} }
        const innerWays = { ${waysOf('inner')} }
        export const around = definePolicy({ name: 'around', schema: Type.String(), compile: (id) => fromKoa(ways[id]) })
        export const behind = definePolicy({ name: 'behind', schema: Type.String(), compile: (id) => fromKoa(innerWays[id]) })
      `,
    },
  })
  for (const [id, { status = 200, type = status === 204 ? null : json, body, seen }] of Object.entries(cases)) {
    const answer = await request('GET', `/${id}`)
    t.equal(answer.status, status, `${id}: status`)
    t.equal(answer.headers.get('content-type'), type, `${id}: type`)
    if (body !== undefined) t.same(answer.body ?? answer.text, body, `${id}: body`)
    if (seen !== undefined) t.equal(answer.headers.get('x-seen'), seen, `${id}: what it sees`)
  }
})

/** One operation `n` behind a Koa middleware; `sets` is what it does before `next()`, `after` is what it does behind. */
function behindKoa(
  t: Test,
  { sets = '', after = '', handler = '{ n: 1 }' }: { sets?: string; after?: string; handler?: string },
) {
  const responses = { default: { description: 'any', content: { 'application/json': {} } } }
  return serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1' },
      security: [],
      paths: { '/n': { get: { operationId: 'n', responses } } },
    },
    gateway: {
      extensions: ['./koa.ts'],
      defaults: { cors: { origins: ['https://app.example.com'] } },
      operations: { n: { koa: true } },
    },
    handlers: `export const n = (_, { reply, problem }) => (${handler})`,
    files: {
      'koa.ts': `
        import { definePolicy, fromKoa, Type } from '${packageUrl}'
        const around = fromKoa(async (ctx, next) => { ${sets}; await next(); ${after} })
        export const koa = definePolicy({ name: 'koa', schema: Type.Boolean(), compile: () => around })
      `,
    },
  })
}

const sets = `
  ctx.set('X-Number', 5)
  ctx.set('X-Removed', 'yes')
  ctx.cookies.set('one', '1')
  ctx.cookies.set('two', '2')
  ctx.vary('Accept')
  ctx.set('X-Both', 'middleware')
  ctx.set('X-Frame-Options', 'SAMEORIGIN')
  ctx.set('X-Request-Id', 'mine')
  ctx.set('Content-Type', 'text/plain')
  ctx.set('Content-Length', '999')
`
const withHeaders = "reply(201, { n: 1 }, { 'set-cookie': ['three=3', 'four=4'], 'x-both': 'handler', location: '/n/1' })"

t.test('headers that a Koa middleware sets go out with those of the pipeline', async (t) => {
  for (const change of ['', 'ctx.body = { ...ctx.body }']) {
    for (const handler of ['{ n: 1 }', withHeaders]) {
      const { request, gateway } = await behindKoa(t, { sets, after: `ctx.remove('X-Removed'); ${change}`, handler })
      const { status, headers, body } = await request('GET', '/n')
      const { location = null, 'x-request-id': id, ...fields } = Object.fromEntries(headers) as Record<string, string>
      const [own, both, cookies] = handler === withHeaders ? [201, 'handler', ['three=3', 'four=4']] : [200, 'middleware', []]
      t.same([status, body, fields['x-both']], [own, { n: 1 }, both], 'the handler speaks last')
      t.equal(location, own === 201 ? '/n/1' : null)
      t.same(headers.getSetCookie(), ['one=1; path=/; httponly', 'two=2; path=/; httponly', ...cookies], 'cookies add up')
      t.match(fields, { 'x-number': '5', 'content-type': json, 'content-length': '7', vary: 'Origin, Accept' })
      t.not(id, 'mine', 'the gateway names requests')
      t.equal(fields['x-frame-options'], 'SAMEORIGIN', 'its own stands before the one that the gateway would add')
      t.equal(fields['x-content-type-options'], 'nosniff')
      t.notOk(headers.has('x-removed'))
      await gateway.stop()
    }
  }
})

t.test('a Koa middleware sees what the handler set, and may change that alone', async (t) => {
  const after = `
    ctx.set('x-seen', [ctx.status, ctx.type, ctx.response.get('location'), ctx.response.get('x-both')].join())
    ctx.remove('x-both')
    ctx.set('location', '/elsewhere')
    ctx.type = 'application/vnd.n+json'
  `
  const { request } = await behindKoa(t, { after, handler: withHeaders })
  const { status, headers, body } = await request('GET', '/n')
  t.same([status, body], [201, { n: 1 }])
  t.equal(headers.get('x-seen'), '201,application/json,/n/1,handler')
  t.equal(headers.get('location'), '/elsewhere')
  t.equal(headers.get('content-type'), 'application/vnd.n+json')
  t.notOk(headers.has('x-both'))
})

t.test('a refusal keeps its headers and type behind a Koa middleware', async (t) => {
  const after = "ctx.set('x-seen', [ctx.type, ctx.response.get('retry-after')].join())"
  const { request } = await behindKoa(t, { after, handler: "problem('unavailable', { headers: { 'retry-after': '7' } })" })
  const { status, headers } = await request('GET', '/n')
  t.equal(status, 503)
  t.equal(headers.get('x-seen'), 'application/problem+json,7')
  t.match(Object.fromEntries(headers), { 'retry-after': '7', 'content-type': 'application/problem+json; charset=utf-8' })
})

t.test('bodies that Koa knows besides JSON', async (t) => {
  const bodies: Record<string, [after: string, type: string, length: string | null]> = {
    blob: ["ctx.type = 'text/csv'; ctx.body = new Blob(['words'])", 'text/csv; charset=utf-8', '5'],
    response: ["ctx.body = new Response('words', { headers: { 'x-own': 'yes' } })", 'text/plain;charset=UTF-8', null],
    webStream: ["ctx.type = 'text/plain'; ctx.body = new Blob(['words']).stream()", 'text/plain; charset=utf-8', null],
    measuredStream: [
      "ctx.type = 'bin'; ctx.body = (await import('node:stream')).Readable.from(['words']); ctx.length = 5",
      'application/octet-stream',
      '5',
    ],
  }
  for (const [name, [after, type, length]] of Object.entries(bodies)) {
    const { request, gateway } = await behindKoa(t, { after })
    const { status, headers, text } = await request('GET', '/n')
    t.same([status, text], [200, 'words'], name)
    t.equal(headers.get('content-type'), type, name)
    t.equal(headers.get('content-length'), length, name)
    t.equal(headers.get('x-own'), name === 'response' ? 'yes' : null)
    await gateway.stop()
  }
})

t.test('a status line names the status that goes out, whatever a middleware set before it failed', async (t) => {
  const { url } = await behindKoa(t, { sets: "ctx.status = 202; throw new Error('broken')" })
  const { status, statusText } = await fetch(`${url}/n`)
  t.same([status, statusText], [500, 'Internal Server Error'])
})
