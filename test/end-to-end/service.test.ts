import t from 'tap'
import { startReference } from './reference.ts'

t.test('the index, and how the service is doing', async (t) => {
  const { request } = await startReference(t)
  t.match(await request('GET', '/'), {
    status: 200,
    body: { name: 'Gatefold reference application', version: '0.1.0', docs: '/api/v1/docs', openapi: '/api/v1/openapi.json' },
  })
  t.match(await request('GET', '/health'), { status: 200, body: { status: 'healthy' } })
  const detailed = await request('GET', '/health/detailed')
  t.match(detailed, { status: 200, body: { status: 'healthy' } })
  const { services } = detailed.body
  t.same(Object.keys(services).sort(), ['database', 'keys', 'limiter', 'queue', 'realtime', 'tasks'])
  for (const name in services) t.match(services[name], { status: 'healthy', latency_ms: Number, detail: undefined }, name)

  const { body } = await request('GET', '/')
  const docs = await request('GET', body.docs)
  t.match(docs.headers.get('content-security-policy'), "script-src 'self' 'nonce-", "the page's own policy, not that of JSON")
  t.equal(docs.headers.get('x-frame-options'), 'DENY', "beside the gateway's security headers")
  t.equal((await request('GET', body.openapi)).status, 200)
})
