import t from 'tap'
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
