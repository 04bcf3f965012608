import t from 'tap'
import { packageUrl, serve } from '../gateway.ts'

const answer = {
  200: {
    description: 'ok',
    content: { 'application/json': { schema: { type: 'object', properties: { n: { type: 'integer' } } } } },
  },
}

/** How each operation ends, and which policy should stand in the log for it. */
const cases: { id: string; gateway?: object; status: number; decidedBy?: string; security?: object[]; query?: string }[] = [
  { id: 'admitted', status: 200 },
  { id: 'ownProblem', status: 409 },
  { id: 'fault', status: 500 },
  { id: 'unknownCaller', security: [{ key: [] }], gateway: {}, status: 401, decidedBy: 'authenticate' },
  { id: 'limited', gateway: { rateLimit: { limit: 1, window: '60s', by: 'global', name: 'spent' } }, status: 200 },
  {
    id: 'limitedAgain',
    gateway: { rateLimit: { limit: 1, window: '60s', by: 'global', name: 'spent' } },
    status: 429,
    decidedBy: 'rateLimit',
  },
  { id: 'invalid', query: '?page=x', status: 422, decidedBy: 'validate' },
  { id: 'badAnswer', gateway: { validate: { response: 'enforce' } }, status: 500, decidedBy: 'validate' },
  { id: 'slow', gateway: { timeout: '50ms' }, status: 504, decidedBy: 'timeout' },
  { id: 'patient', gateway: { timeout: '30d' }, status: 200 },
  { id: 'refuses', gateway: { refuse: 'now' }, status: 403, decidedBy: 'refuse' },
  { id: 'refusesLater', gateway: { refuse: 'later' }, status: 403, decidedBy: 'refuse' },
  { id: 'refusesByThrowing', gateway: { refuse: 'throw' }, status: 403, decidedBy: 'refuse' },
  { id: 'refusesByRejecting', gateway: { refuse: 'reject' }, status: 403, decidedBy: 'refuse' },
  { id: 'refusesBehind', gateway: { hold: true, refuse: 'now' }, status: 403, decidedBy: 'refuse' },
  { id: 'koaPasses', gateway: { koa: 'pass' }, status: 200 },
  { id: 'koaPassesProblem', gateway: { koa: 'pass' }, status: 409 },
  { id: 'koaAnswers', gateway: { koa: 'answer' }, status: 302, decidedBy: 'koa' },
  { id: 'replaced', gateway: { replace: 'now' }, status: 418, decidedBy: 'replace' },
  { id: 'replacedLater', gateway: { replace: 'later' }, status: 418, decidedBy: 'replace' },
]

const extension = `
import { definePolicy, fromKoa, problem, Type } from '${packageUrl}'
const refusal = problem('closed', { status: 403 })
const ways = {
  now: () => refusal,
  later: async () => refusal,
  throw() { throw refusal },
  async reject() { throw refusal },
}
export const hold = definePolicy({ name: 'hold', schema: Type.Boolean(), compile: () => ({ before: async () => undefined }) })
export const refuse = definePolicy({ name: 'refuse', schema: Type.String(), compile: (way) => ({ before: () => ways[way]() }) })
export const koa = definePolicy({
  name: 'koa',
  schema: Type.String(),
  compile: (way) => fromKoa((ctx, next) => (way === 'pass' ? next() : ctx.redirect('/elsewhere'))),
})
export const replace = definePolicy({
  name: 'replace',
  schema: Type.String(),
  compile: (way) => ({ after: () => (way === 'now' ? problem('teapot', { status: 418 }) : Promise.resolve(problem('teapot', { status: 418 }))) }),
})
`

const handlers = `
const ok = () => ({ n: 1 })
export const ownProblem = (_, { problem }) => problem('conflict')
export const koaPassesProblem = ownProblem
export const fault = () => { throw new Error('bug') }
export const badAnswer = () => ({ n: 'one' })
export const slow = (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve))
export const patient = () => new Promise((resolve) => setTimeout(resolve, 20, ok()))
${cases
  .filter(({ id }) => !['ownProblem', 'koaPassesProblem', 'fault', 'badAnswer', 'slow', 'patient'].includes(id))
  .map(({ id }) => `export const ${id} = ok`)
  .join('\n')}
`

t.test('the log says which policy ended a request', async (t) => {
  const { request, logs } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'test', version: '1.0.0' },
      components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } },
      paths: Object.fromEntries(
        cases.map(({ id, security = [] }) => [
          `/${id}`,
          {
            get: {
              operationId: id,
              security,
              parameters: [{ name: 'page', in: 'query', schema: { type: 'integer' } }],
              responses: answer,
            },
          },
        ]),
      ),
    },
    gateway: {
      extensions: ['./extension.ts'],
      authentication: { key: { apiKey: { keys: [{ id: 'alice', sha256: 'a'.repeat(64) }] } } },
      operations: Object.fromEntries(cases.map(({ id, gateway = {} }) => [id, gateway])),
    },
    handlers,
    files: { 'extension.ts': extension },
  })
  for (const { id, status, query = '' } of cases) {
    const { status: got, text } = await request('GET', `/${id}${query}`, { redirect: 'manual' })
    t.equal(got, status, `${id} ${text}`)
  }
  await request('GET', '/nowhere')
  await request('DELETE', '/admitted')

  const logged = logs().filter(({ msg }) => msg === 'request')
  for (const { id, decidedBy } of cases) t.equal(logged.find(({ op }) => op === id)?.decided_by, decidedBy, id)
  t.same(
    logged.slice(-2).map(({ status, decided_by }) => [status, decided_by]),
    [
      [404, undefined],
      [405, undefined],
    ],
    'nobody decides where nothing is served',
  )
})
