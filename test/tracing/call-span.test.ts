import { context, propagation, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import t from 'tap'
import { serve } from '../gateway.ts'
import { startOrigin, until } from '../targets/origin.ts'

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

t.test('a span per call to an upstream', async (t) => {
  provider.register()
  t.teardown(() => {
    trace.disable()
    context.disable()
    propagation.disable()
  })
  const origin = await startOrigin(t)
  const { request } = await serve(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 't', version: '1' },
      paths: {
        '/books/{id}': {
          get: {
            operationId: 'book',
            parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
            responses: { default: { description: 'anything' } },
          },
        },
      },
    },
    gateway: {
      log: { file: 'log.jsonl' },
      operations: {
        book: {
          access: 'public',
          upstream: {
            url: origin.url,
            path: '/v2/{id}',
            retries: 1,
            backoff: '1ms',
            forward: { query: 'all' },
            headers: { 'X-Key': 'hush' },
          },
        },
      },
    },
  })
  origin.answer((res) => (origin.arrived.length === 1 ? res.destroy() : res.writeHead(404).end()))
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'a=1' }
  await request('GET', '/books/7?password=hush', { headers })
  await until(() => exporter.getFinishedSpans().some(({ name }) => name === 'GET /books/{id}'))

  const spans = exporter.getFinishedSpans()
  const parent = spans.find(({ name }) => name === 'GET /books/{id}')
  const calls = spans.filter(({ name }) => name === 'GET /v2/{id}')
  t.equal(calls.length, 2)
  const { port } = new URL(origin.url)
  for (const [index, call] of calls.entries()) {
    t.equal(call.kind, 2, 'a client span')
    t.equal(call.parentSpanContext?.spanId, parent?.spanContext().spanId, 'below that of the request')
    const { spanId } = call.spanContext()
    t.match(origin.arrived[index]?.headers, { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'a=1' })
    t.match(call.attributes, {
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': Number(port),
      'url.full': `${origin.url}/v2/7`,
      'url.template': '/v2/{id}',
    })
  }
  t.match(calls[0]?.attributes, { 'error.type': 'connection' })
  t.match(calls[1]?.attributes, { 'error.type': '404', 'http.response.status_code': 404, 'http.request.resend_count': 1 })
  t.notMatch(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events])), 'hush')
})
