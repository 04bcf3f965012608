import { context, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import t from 'tap'
import { openTracing } from '../../src/tracing/tracing.ts'
import { packageUrl } from '../gateway.ts'
import { serveTasks } from '../targets/tasks-project.ts'

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

/** Spans end when answers have been handed over, which is a little after they arrive. */
async function spansNamed(name: string, fits: (span: ReadableSpan) => boolean = () => true): Promise<ReadableSpan[]> {
  for (;;) {
    const found = exporter.getFinishedSpans().filter((span) => span.name === name && fits(span))
    if (found.length > 0) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const below = (span: ReadableSpan) =>
  exporter.getFinishedSpans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId)

const extension = `
import { definePolicy, fromKoa, problem, Type } from '${packageUrl}'
const refusal = problem('closed', { status: 403 })
export const gate = definePolicy({
  name: 'gate',
  schema: Type.String(),
  compile: () => ({
    before: ({ search }) => {
      if (search === 'refuse') return refusal
      if (search === 'wait') return new Promise((resolve) => setTimeout(resolve, 5))
      if (search === 'fail') return Promise.reject(new Error('a secret reason'))
    },
  }),
})
export const detour = definePolicy({
  name: 'detour',
  schema: Type.Boolean(),
  compile: () => fromKoa((ctx, next) => (ctx.querystring === 'away' ? ctx.redirect('/elsewhere') : next())),
})
`

/** Uses the API as any instrumentation does: what it starts belongs to the span that is active. */
const handlers = `
import { trace } from '${import.meta.resolve('@opentelemetry/api')}'
const inside = (value) => trace.getTracer('handler').startActiveSpan('inside', (span) => (span.end(), value))
export const open = async () => { await null; return inside('anybody') }
export const sum = async ({ body }, { log }) => { await null; log.info('summing'); return inside({ sum: body.of[0] }) }
export const refuse = (request, { problem }) => problem('out_of_paper', { status: 409 })
export const steps = () => 'done'
`

t.test('without a tracer nothing is wrapped', async (t) => {
  t.equal(await openTracing(), undefined)
})

t.test('spans of requests, policies and tasks', async (t) => {
  provider.register()
  t.teardown(() => {
    trace.disable()
    context.disable()
  })
  const { request, token, logs } = await serveTasks(
    t,
    {
      extensions: ['./extension.ts'],
      operations: {
        sum: { task: {}, gate: 'x' },
        steps: { task: {} },
        refuse: { task: { retries: 0 } },
        open: { access: 'public', detour: true },
      },
    },
    { handlers, files: { 'extension.ts': extension } },
  )
  const ada = await token('ada')
  const sum = (query = '', init: object = {}) => request('POST', `/api/sum${query}`, { token: ada, json: { of: [1] }, ...init })
  t.beforeEach(() => exporter.reset())

  await t.test('a request', async (t) => {
    await request('POST', '/api/open?password=hidden', { headers: { 'user-agent': 'test' } })
    const [span] = await spansNamed('POST /api/open')
    t.match(span?.attributes, {
      'http.request.method': 'POST',
      'http.route': '/api/open',
      'http.response.status_code': 200,
      'url.path': '/api/open',
      'url.scheme': 'http',
      'server.address': 'localhost',
      'user_agent.original': 'test',
      'gatefold.operation': 'open',
    })
    t.notMatch(JSON.stringify(span?.attributes), 'hidden', 'the query stays out')
    t.equal(span?.parentSpanContext, undefined)
    t.match(span?.kind, 1, 'a server span')
    t.same(span && below(span).map(({ name }) => name), ['inside'], 'what a handler starts is below it')
    const logged = logs().findLast(({ msg }) => msg === 'request')
    t.equal(logged?.trace_id, span?.spanContext().traceId, 'the log names the trace')
  })

  await t.test('a caller’s trace goes on, an invalid one does not', async (t) => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    await request('POST', '/api/open', { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } })
    const [span] = await spansNamed('POST /api/open')
    t.equal(span?.spanContext().traceId, traceId)
    t.equal(span?.parentSpanContext?.spanId, 'b7ad6b7169203331')
    exporter.reset()
    await request('POST', '/api/open', { headers: { traceparent: `00-${traceId}-0000000000000000-01` } })
    const [fresh] = await spansNamed('POST /api/open')
    t.not(fresh?.spanContext().traceId, traceId)
  })

  await t.test('the gateway’s own routes, and what nothing answers', async (t) => {
    await request('GET', '/api/tasks/6f1e8f3a-0000-4000-8000-000000000000', { token: ada })
    await spansNamed('GET /api/tasks/{task_id}')
    await request('GET', '/nowhere')
    const [span] = await spansNamed('GET')
    t.equal(span?.attributes['http.route'], undefined)
    t.equal(span?.attributes['http.response.status_code'], 404)
    await request('DELETE', '/api/sum')
    await spansNamed('DELETE /api/sum')
  })

  await t.test('a policy has a span where it decides', async (t) => {
    await sum('?refuse')
    const [refused] = await spansNamed('policy gate')
    t.match(refused?.attributes, { 'gatefold.policy': 'gate', 'gatefold.decision': 'refused' })
    t.equal(refused?.status.code, 0, 'a refusal is no error')
    const [span] = await spansNamed('POST /api/sum')
    t.equal(refused?.parentSpanContext?.spanId, span?.spanContext().spanId)
    t.match(span?.attributes, { 'gatefold.decided_by': 'gate', 'http.response.status_code': 403 })
    t.equal(exporter.getFinishedSpans().filter(({ name }) => name.startsWith('policy')).length, 1, 'and nowhere else')
  })

  await t.test('a policy has a span where it has to wait, or fails', async (t) => {
    await sum('?wait')
    const [admitted] = await spansNamed('policy gate')
    t.equal(admitted?.attributes['gatefold.decision'], 'admitted')
    const [seconds = 0, nanoseconds = 0] = admitted?.duration ?? []
    t.ok(seconds * 1e9 + nanoseconds >= 4e6, 'as long as it waited')
    exporter.reset()
    await sum('?fail')
    const [failed] = await spansNamed('policy gate')
    t.equal(failed?.attributes['gatefold.decision'], 'failed')
    t.equal(failed?.status.code, 2)
    t.notMatch(JSON.stringify([failed?.attributes, failed?.events, failed?.status]), 'secret reason')
  })

  await t.test('a policy that wraps has a span when it decides', async (t) => {
    await request('POST', '/api/open?away', { redirect: 'manual' })
    const [span] = await spansNamed('POST /api/open')
    t.match(span?.attributes, { 'http.response.status_code': 302, 'gatefold.decided_by': 'detour' })
    const [detour] = await spansNamed('policy detour')
    t.equal(detour?.attributes['gatefold.decision'], 'refused')
    t.equal(detour?.parentSpanContext?.spanId, span?.spanContext().spanId)
  })

  await t.test('a task’s run is a trace of its own, linked to the request that submitted it', async (t) => {
    const { body } = await sum('', { headers: { prefer: 'wait=30' } })
    t.same(body, { sum: 1 })
    const [submitted] = await spansNamed('POST /api/sum')
    const origin = submitted?.spanContext()
    const [run] = await spansNamed('task sum', ({ links }) => links[0]?.context.traceId === origin?.traceId)
    t.match(run?.attributes, { 'gatefold.operation': 'sum', 'gatefold.task.attempt': 1, 'gatefold.task.outcome': 'completed' })
    t.equal(run?.parentSpanContext, undefined)
    t.not(run?.spanContext().traceId, origin?.traceId)
    t.same(
      run?.links.map(({ context }) => [context.traceId, context.spanId]),
      [[origin?.traceId, origin?.spanId]],
    )
    t.same(run && below(run).map(({ name }) => name), ['inside'])
    const line = logs().findLast(({ msg }) => msg === 'summing')
    t.equal(line?.trace_id, origin?.traceId, 'its log lines name the trace of the request')

    exporter.reset()
    await request('POST', '/api/refuse', { token: ada })
    const [failed] = await spansNamed('task refuse')
    t.match(failed?.attributes, { 'gatefold.task.outcome': 'failed', 'error.type': 'out_of_paper' })
    t.equal(failed?.status.code, 2)
  })
})
