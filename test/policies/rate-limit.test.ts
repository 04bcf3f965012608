import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { planGateway } from '../../src/gateway.ts'
import { goodClaims, hmacToken } from '../authentication/tokens.ts'
import { type Answer, serve, writeProject } from '../gateway.ts'
import { redisServerExists, startRedisServer } from '../redis-server.ts'

const secret = 'a-secret-of-at-least-32-bytes-for-HS256'
const names = ['byIp', 'byPrincipal', 'byKey', 'byHeader', 'byAll', 'several', 'login', 'sharedOne', 'sharedTwo', 'free']
const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1.0.0' },
  security: [{ bearerAuth: [] }, { keyAuth: [] }, {}],
  paths: Object.fromEntries(
    names.map((name) => [
      `/${name}`,
      {
        get: {
          operationId: name,
          responses: { 200: { description: 'ok' } },
          ...(name === 'login' && { security: [{ bearerAuth: [] }] }),
        },
      },
    ]),
  ),
  components: {
    securitySchemes: {
      bearerAuth: { type: 'http', scheme: 'bearer' },
      keyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    },
  },
}
const key = (id: string) => ({ id, subject: 'shared', sha256: hash('sha256', id, 'hex') })
const gateway = {
  server: { trustProxy: 1 },
  authentication: {
    bearerAuth: { jwt: { algorithms: ['HS256'], secret } },
    keyAuth: { apiKey: { keys: [key('one'), key('two')] } },
  },
  defaults: { rateLimit: { limit: 2, window: '1h', by: 'ip' } },
  operations: {
    byPrincipal: { rateLimit: { by: 'principal' } },
    byKey: { rateLimit: { by: 'apiKey' } },
    byHeader: { rateLimit: { by: 'header:X-Tenant' } },
    byAll: { rateLimit: { by: 'global' } },
    several: {
      rateLimit: [
        { limit: 100, window: '1h', by: 'ip' },
        { limit: 2, window: '1m', by: 'principal', name: 'burst' },
        { limit: 50, window: '1h', by: 'principal' },
      ],
    },
    sharedOne: { rateLimit: { name: 'shared' } },
    sharedTwo: { rateLimit: { name: 'shared' } },
    free: { rateLimit: false },
  },
}
const handlers = names.map((name) => `export const ${name} = () => ({})\n`).join('')
const as = (sub: string) => ({ authorization: `Bearer ${hmacToken(secret, goodClaims({ sub }))}` })
const from = (address: string) => ({ 'x-forwarded-for': address })

t.test('limits over HTTP', async (t) => {
  const { request } = await serve(t, { openapi, gateway, handlers })
  const get = (path: string, headers: Record<string, string> = {}) => request('GET', path, { headers })

  /** Both requests of the limit pass and the third does not; then others are not concerned, whichever headers they have. */
  async function exhausts(
    path: string,
    one: Record<string, string>,
    others: Record<string, string>[],
    same: Record<string, string>[] = [],
  ) {
    t.equal((await get(path, one)).status, 200, `${path}: first`)
    t.equal((await get(path, same[0] ?? one)).status, 200, `${path}: second`)
    t.equal((await get(path, one)).status, 429, `${path}: third`)
    for (const headers of same)
      t.equal((await get(path, headers)).status, 429, `${path}: the same ${JSON.stringify(headers).slice(0, 50)}`)
    for (const headers of others)
      t.equal((await get(path, headers)).status, 200, `${path}: another ${JSON.stringify(headers).slice(0, 50)}`)
  }

  await exhausts(
    '/byIp',
    from('192.0.2.1'),
    [from('192.0.2.2')],
    [{ ...from('192.0.2.1'), ...as('ada') }, from('6.6.6.6, 192.0.2.1')],
  )
  await exhausts('/byPrincipal', as('ada'), [as('bob'), {}], [{ ...as('ada'), ...from('192.0.2.9') }])
  await exhausts('/byKey', { 'x-api-key': 'one' }, [{ 'x-api-key': 'two' }, as('ada')])
  await exhausts(
    '/byHeader',
    { 'x-tenant': 'a' },
    [{ 'x-tenant': 'b' }, from('192.0.2.3')],
    [{ 'x-tenant': 'a', ...from('192.0.2.4') }],
  )
  await exhausts('/byHeader', from('192.0.2.5'), [{ 'x-tenant': '@192.0.2.5' }])
  await exhausts('/byAll', as('ada'), [], [as('bob'), from('192.0.2.6')])

  await t.test('headers', async (t) => {
    const first = await get('/byPrincipal', as('carol'))
    t.equal(first.headers.get('ratelimit-policy'), '"principal";q=2;w=3600')
    t.match(first.headers.get('ratelimit'), /^"principal";r=1;t=(3600|3599)$/)
    t.equal(first.headers.get('retry-after'), null)
    await get('/byPrincipal', as('carol'))
    const refused = await get('/byPrincipal', as('carol'))
    t.match(refused.body, { code: 'rate_limited', status: 429 })
    t.match(refused.headers.get('ratelimit'), /^"principal";r=0;t=\d+$/)
    t.match(refused.headers.get('retry-after'), /^(3600|359\d)$/)
    t.equal((await get('/free')).headers.get('ratelimit'), null, 'what has no limit says nothing')
  })

  await t.test('several limits', async (t) => {
    const first = await get('/several', as('ada'))
    t.equal(first.headers.get('ratelimit-policy'), '"ip";q=100;w=3600, "burst";q=2;w=60, "principal";q=50;w=3600')
    t.match(first.headers.get('ratelimit'), /^"ip";r=99;t=\d+, "burst";r=1;t=\d+, "principal";r=49;t=\d+$/)
    await get('/several', as('ada'))
    const refused = await get('/several', as('ada'))
    t.equal(refused.status, 429)
    t.match(Number(refused.headers.get('retry-after')) <= 60, true)
    t.equal((await get('/several', as('bob'))).status, 200)
  })

  await t.test('guessing credentials is limited too', async (t) => {
    const guess = () => get('/login', { authorization: 'Bearer guess', ...from('192.0.2.7') })
    t.same([(await guess()).status, (await guess()).status, (await guess()).status], [401, 401, 429])
  })

  await t.test('operations count for themselves, unless they share a name', async (t) => {
    const client = from('192.0.2.8')
    t.equal((await get('/sharedOne', client)).status, 200)
    t.equal((await get('/sharedTwo', client)).status, 200)
    t.equal((await get('/sharedOne', client)).status, 429)
    t.equal((await get('/sharedTwo', client)).status, 429)
  })

  await t.test('many at once', async (t) => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => get('/byPrincipal', as('crowd'))))
    t.equal(answers.filter(({ status }) => status === 200).length, 2)
  })
})

t.test('whether Redis answers, over reloads', { skip: !redisServerExists && 'there is no redis-server' }, async (t) => {
  const { url } = await startRedisServer(t)
  const metrics = { access: 'public' }
  const served = await serve(t, { openapi, gateway: { ...gateway, metrics, redis: { url } }, handlers })
  const reload = async (changes: object) => {
    writeFileSync(
      join(served.directory, 'gateway.yaml'),
      stringify({ log: { file: 'log.jsonl' }, ...gateway, metrics, ...changes }),
    )
    return (await served.gateway.reload()).outcome
  }
  const up = async () => /^gatefold_redis_up (\d)$/m.exec((await served.request('GET', '/metrics')).text)?.[1]
  t.equal(await up(), '1')
  t.equal(await reload({ redis: { url: 'redis://127.0.0.1:1' }, operations: { none: {} } }), 'refused')
  t.equal(await up(), '1', 'a refused reload says nothing about the Redis that is used')
  t.equal(await reload({ redis: { url: 'redis://127.0.0.1:1' } }), 'applied')
  t.equal(await up(), '0')
  t.equal(await reload({}), 'applied')
  t.equal(await up(), undefined, 'without Redis there is nothing to answer')
})

t.test('a store that is away: limits by ip refuse, the others let pass, or as it was declared', async (t) => {
  const onFailure = {
    login: { rateLimit: { onFailure: 'open' } },
    byHeader: { rateLimit: { by: 'header:X-Tenant', onFailure: 'closed' } },
  }
  const operations = { ...gateway.operations, ...onFailure }
  const away = async (redis: object) => {
    const changes = { operations, metrics: { access: 'public' }, redis: { url: 'redis://127.0.0.1:1', ...redis } }
    const { request } = await serve(t, { openapi, gateway: { ...gateway, ...changes }, handlers })
    return (path: string) => request('GET', path, { headers: as('ada') })
  }
  const statuses = async (get: Awaited<ReturnType<typeof away>>, paths: string[]) =>
    Object.fromEntries(await Promise.all(paths.map(async (path) => [path, (await get(path)).status])))

  const usual = await away({})
  t.same(await statuses(usual, ['/byIp', '/byPrincipal', '/byAll', '/login', '/byHeader', '/several', '/free']), {
    '/byIp': 503,
    '/byPrincipal': 200,
    '/byAll': 200,
    '/login': 200,
    '/byHeader': 503,
    '/several': 503,
    '/free': 200,
  })
  const { text } = await usual('/metrics')
  t.match(text, 'gatefold_limits_uncounted_total{operation="byIp",outcome="refused"} 1')
  t.match(text, 'gatefold_limits_uncounted_total{operation="byPrincipal",outcome="admitted"} 1')
  t.match(text, '\ngatefold_redis_up 0\n')
  const refused = await usual('/byIp')
  t.match(refused.body, { code: 'unavailable' })
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.equal((await usual('/byPrincipal')).headers.get('ratelimit'), null, 'nobody knows what remains')

  t.same(await statuses(await away({ onFailure: 'open' }), ['/byIp', '/several', '/byHeader']), {
    '/byIp': 200,
    '/several': 200,
    '/byHeader': 503,
  })
  t.same(await statuses(await away({ onFailure: 'closed' }), ['/byPrincipal', '/login']), { '/byPrincipal': 503, '/login': 200 })
})

t.test('Redis', { skip: !redisServerExists && 'there is no redis-server' }, async (t) => {
  const server = await startRedisServer(t)
  const shared = {
    ...gateway,
    // It is not away, however busy this machine is.
    redis: { url: server.url, timeout: '60s' },
    operations: { ...gateway.operations, login: { rateLimit: { limit: 5, sliding: true } } },
  }
  const gateways = [
    await serve(t, { openapi, gateway: shared, handlers }),
    await serve(t, { openapi, gateway: shared, handlers }),
  ]
  const many = (path: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => gateways[i % 2]!.request('GET', path, { headers: as('ada') })))

  for (const [path, limit] of [
    ['/byIp', 2],
    ['/login', 5],
    ['/several', 2],
  ] as const) {
    const answers = await many(path, 30)
    t.equal(answers.filter(({ status }) => status === 200).length, limit, `two gateways admit the limit of ${path} together`)
    t.equal(answers.filter(({ status }) => status === 429).length, 30 - limit)
    const window = path === '/several' ? 60 : 3600
    for (const { headers } of answers.filter(({ status }) => status === 429)) {
      const retryAfter = Number(headers.get('retry-after'))
      if (retryAfter < window - 10 || retryAfter > window + 1) t.fail(`${path}: Retry-After: ${retryAfter}`)
    }
  }
  const [{ headers }] = (await many('/several', 1)) as [Answer]
  t.match(
    headers.get('ratelimit'),
    /^"ip";r=\d+;t=\d+, "burst";r=0;t=\d+$/,
    'later limits are not used up by what an earlier one refuses',
  )
})

t.test('limits that cannot be kept do not boot', async (t) => {
  const diagnose = async (changes: object) => {
    const directory = writeProject(t, { openapi, gateway: { ...gateway, ...changes }, handlers })
    const plan = await planGateway({ directory, environment: {} })
    return plan.diagnostics.map(({ code, at }) => `${at?.file} ${code}`)
  }
  const operation = (rateLimit: unknown) => ({ operations: { ...gateway.operations, byIp: { rateLimit } } })
  t.same(await diagnose(operation({ window: '500ms' })), ['gateway.yaml short-window'])
  t.same(await diagnose(operation({ name: 'shared', limit: 9 })), [
    'gateway.yaml conflicting-limits',
    'gateway.yaml conflicting-limits',
  ])
  t.same(await diagnose(operation({ limit: 1001, sliding: true })), ['gateway.yaml large-sliding-limit'])
  t.strictSame(await diagnose({}), [])
})
