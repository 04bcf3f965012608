import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { Lifecycle } from '../../src/services/service.ts'
import { testDatabasePlace } from '../database.ts'
import { type Served, serve } from '../gateway.ts'

const operation = (operationId: string) => ({
  operationId,
  responses: { 200: { description: 'ok', content: { 'application/json': { schema: {} } } } },
})

async function start(t: Parameters<typeof serve>[0]): Promise<Served> {
  return serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'probes', version: '1' },
      servers: [{ url: '/api' }],
      paths: { '/time': { get: operation('readTime') }, '/plain': { get: operation('plain') } },
    },
    gateway: {
      log: { level: 'silent' },
      database: await testDatabasePlace(t),
      redis: { url: 'redis://127.0.0.1:1', onFailure: 'open' },
      operations: {
        readTime: { access: 'public', rateLimit: { limit: 5, window: '1m', by: 'ip' } },
        plain: { access: 'public' },
      },
    },
    handlers: `
export const uses = ['database']
export const readTime = async (request, { services }) => (await services.database.query('SELECT now()')).rows[0]
export const plain = (request, { health }) => health()
`,
  })
}

const answer = async ({ request }: Served, path: string) => {
  const { status, body } = await request('GET', path)
  return { status, body }
}

t.test(
  'what is merely worse without a service goes on; without its database, or when it is told to stop, a process wants no requests',
  async (t) => {
    const served = await start(t)
    t.same(await answer(served, '/readyz'), { status: 200, body: { status: 'ready' } }, 'Redis is away, and limits are open')
    t.equal((await served.request('GET', '/api/time')).status, 200)
    t.same(await answer(served, '/api/health'), { status: 200, body: { status: 'degraded' } })
    t.match((await answer(served, '/api/plain')).body, { database: { healthy: true }, limiter: { healthy: false } })

    await (served.gateway.services.database as Lifecycle).stop?.()
    let ready = await answer(served, '/readyz')
    // What was found a moment ago still stands.
    while (ready.status === 200) ready = await answer(served, '/readyz')
    t.same(ready, { status: 503, body: { status: 'not_ready', reasons: ['database'] } })
    t.same(await answer(served, '/livez'), { status: 200, body: { status: 'alive' } }, 'to start it again would help nobody')
    t.equal((await served.request('GET', '/api/time')).status, 503)
    t.equal((await served.request('GET', '/api/plain')).status, 200)

    const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
    socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n')
    await once(socket, 'connect')
    await served.request('GET', '/livez')
    const stopped = served.gateway.stop()
    socket.end('\r\n')
    const chunks = await socket.toArray()
    t.match(chunks.join(''), /^HTTP\/1\.1 503 .*"reasons":\["draining"\]/s)
    await stopped
  },
)
