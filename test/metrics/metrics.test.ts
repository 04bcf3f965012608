import { createHash } from 'node:crypto'
import { request as send } from 'node:http'
import { io } from 'socket.io-client'
import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { serve, writeProject } from '../gateway.ts'
import { serveTasks } from '../targets/tasks-project.ts'
import { parseScrape, readSeries, type Series } from './scrape.ts'

const duration = 'http_server_request_duration_seconds_count'
const labelsOf = (operation: string, method: string, route: string, status: number) => ({
  operation,
  http_request_method: method,
  http_route: route,
  http_response_status_code: String(status),
})

t.test('what a gateway did is what a scrape says', async (t) => {
  const { gateway, url, request, token } = await serveTasks(t, { metrics: { access: 'public' } })
  const ada = await token('ada')
  const scrape = async (): Promise<Series[]> => {
    const { status, headers, text } = await request('GET', '/metrics')
    t.equal(status, 200)
    t.match(headers.get('content-type'), 'text/plain; version=0.0.4')
    return parseScrape(text)
  }
  /** Tasks are counted where they end, which is after their answer. */
  const scrapeUntil = async (name: string, labels: Record<string, string>, value: number): Promise<Series[]> => {
    for (;;) {
      const series = await scrape()
      if (readSeries(series, name, labels) === value) return series
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const tasks = (operation: string, state: string) => ({ operation, state })

  await t.test('requests, by operation, method, route and status', async (t) => {
    for (let i = 0; i < 3; i++) await request('POST', '/api/sum?n=1', { token: ada, json: { of: [1] } })
    await request('POST', '/api/sum', { token: ada, json: { of: 'x' } })
    await request('POST', '/api/sum', { json: { of: [1] } })
    await request('GET', '/api/sum')
    await request('OPTIONS', '/api/sum')
    await request('GET', '/api/tasks/6f1e8f3a-0000-4000-8000-000000000000', { token: ada })
    await request('GET', '/livez')
    const series = await scrape()
    t.equal(readSeries(series, duration, labelsOf('sum', 'POST', '/api/sum', 202)), 3)
    t.equal(readSeries(series, duration, labelsOf('sum', 'POST', '/api/sum', 422)), 1)
    t.equal(readSeries(series, duration, labelsOf('sum', 'POST', '/api/sum', 401)), 1)
    t.equal(readSeries(series, duration, labelsOf('none', 'GET', '/api/sum', 405)), 1)
    t.equal(readSeries(series, duration, labelsOf('none', 'OPTIONS', '/api/sum', 204)), 1)
    t.equal(readSeries(series, duration, labelsOf('gatefold', 'GET', '/api/tasks/{task_id}', 404)), 1)
    t.equal(readSeries(series, duration, labelsOf('gatefold', 'GET', '/livez', 200)), 1)
    const seconds = readSeries(series, 'http_server_request_duration_seconds_sum', labelsOf('sum', 'POST', '/api/sum', 202)) ?? 0
    t.ok(seconds > 0 && seconds < 60, `in seconds: ${seconds}`)
  })

  await t.test('one decision for each request of an operation', async (t) => {
    const series = await scrape()
    const decided = (policy: string, outcome: string) =>
      readSeries(series, 'gatefold_decisions_total', { operation: 'sum', policy, outcome })
    t.equal(decided('none', 'admitted'), 3)
    t.equal(decided('authenticate', 'refused'), 1)
    t.equal(decided('validate', 'refused'), 1)
  })

  await t.test('a stranger makes no series', async (t) => {
    const before = (await scrape()).length
    const paths = (await scrape()).filter(({ labels }) => labels.operation === 'none').length
    for (let i = 0; i < 20; i++) {
      await request('GET', `/nowhere/${i}?${i}`)
      await request('GET', `/api/tasks/${i}`)
      await odd(url, `/odd/${i}`, 'PROPFIND')
      await odd(url, `/api/sum/${i}`, 'LINK')
      await odd(url, '/api/sum', 'MKCOL')
      await request('POST', '/api/sum', { token: await token(`somebody-${i}`), json: { of: 'x' } })
      await request('GET', '/livez', { headers: { 'x-request-id': `id-${i}` } })
    }
    const series = await scrape()
    t.equal(readSeries(series, duration, labelsOf('none', 'GET', '', 404)), 20)
    t.equal(readSeries(series, duration, labelsOf('none', '_OTHER', '', 404)), 40)
    t.equal(readSeries(series, duration, labelsOf('none', '_OTHER', '/api/sum', 405)), 20)
    // Of a histogram each bucket is a series: one more for every method and status at most.
    t.ok(series.length - before <= 5 * 19, `${series.length - before} more lines`)
    t.notMatch(JSON.stringify(series), /nowhere|somebody|PROPFIND|id-1/)
    t.ok(paths > 0)
  })

  await t.test('tasks, by operation and state, their waits and runs, and the queue', async (t) => {
    const series = await scrapeUntil('gatefold_tasks_total', tasks('sum', 'completed'), 3)
    t.equal(readSeries(series, 'gatefold_tasks_total', tasks('sum', 'submitted')), 3)
    t.equal(readSeries(series, 'gatefold_task_wait_duration_seconds_count', { operation: 'sum' }), 3)
    t.equal(readSeries(series, 'gatefold_task_run_duration_seconds_count', { operation: 'sum', outcome: 'completed' }), 3)
    t.equal(readSeries(series, 'gatefold_task_queue_depth', { operation: 'sum' }), 0)

    await request('POST', '/api/refuse', { token: ada })
    await scrapeUntil('gatefold_tasks_total', tasks('refuse', 'failed'), 1)

    const { body } = await request('POST', '/api/steps', { token: ada })
    await scrapeUntil('gatefold_tasks_active', { operation: 'steps' }, 1)
    await request('DELETE', body.status_url, { token: ada })
    await scrapeUntil('gatefold_tasks_total', tasks('steps', 'cancelled'), 1)
    await request('POST', `${body.status_url}/retry`, { token: ada })
    await scrapeUntil('gatefold_tasks_total', tasks('steps', 'retried'), 1)
    await request('DELETE', body.status_url, { token: ada })
    await scrapeUntil('gatefold_tasks_total', tasks('steps', 'cancelled'), 2)
  })

  await t.test('sockets and what they watch', async (t) => {
    const { body } = await request('POST', '/api/steps', { token: ada })
    const socket = io(url, { path: '/ws', auth: { token: ada }, transports: ['websocket'] })
    await new Promise<void>((resolve) => socket.on('connect', () => resolve()))
    await socket.emitWithAck('task:watch', { task_id: body.task_id })
    const series = await scrape()
    t.equal(readSeries(series, 'gatefold_sockets'), 1)
    t.equal(readSeries(series, 'gatefold_watches'), 1)
    socket.disconnect()
    await scrapeUntil('gatefold_sockets', {}, 0)
    await scrapeUntil('gatefold_watches', {}, 0)
    await request('DELETE', body.status_url, { token: ada })
  })

  await t.test('the process and its database', async (t) => {
    const series = await scrape()
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
      t.ok((readSeries(series, name) ?? 0) > 0, name)
    t.ok((readSeries(series, 'db_client_connection_max') ?? 0) >= 1)
    t.equal(readSeries(series, 'gatefold_info'), 1)
    t.equal(gateway.metricsUrl, undefined)
  })
})

/** A request with a method that fetch does not send. */
function odd(url: string, path: string, method: string): Promise<void> {
  return new Promise((resolve, reject) => {
    send(url + path, { method }, (response) => response.resume().on('end', resolve))
      .on('error', reject)
      .end()
  })
}

const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1' },
  components: { securitySchemes: { operators: { type: 'apiKey', in: 'header', name: 'x-key' } } },
  paths: { '/a': { get: { operationId: 'a', security: [], responses: { 200: { description: 'ok' } } } } },
}
const handlers = 'export const a = () => "a"'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const keys = [
  { id: 'prometheus', sha256: sha256('good'), roles: ['monitoring'] },
  { id: 'other', sha256: sha256('poor') },
]
const authentication = { operators: { apiKey: { keys } } }

t.test('metrics are off until they are declared, and need an access decision then', async (t) => {
  const { request, gateway } = await serve(t, { openapi, handlers })
  t.equal((await request('GET', '/metrics')).status, 404)
  t.equal(gateway.metricsUrl, undefined)

  const findings = async (metrics: object) => {
    const directory = writeProject(t, { openapi, handlers, gateway: { metrics, authentication } })
    return (await planGateway({ directory, environment: {} })).diagnostics
  }
  t.match(await findings({}), [
    { severity: 'error', code: 'no-access-decision', at: { file: 'gateway.yaml' }, hint: /port: 9464.*security.*access: public/ },
  ])
  t.match(await findings({ roles: ['a'] }), [{ severity: 'error', code: 'no-access-decision' }])
  t.match(await findings({ access: 'public', roles: ['a'] }), [{ severity: 'error', code: 'contradicting-access' }])
  t.match(await findings({ security: [{ nobody: [] }] }), [
    { severity: 'error', code: 'unknown-security-scheme', message: /nobody.*operators/ },
  ])
})

t.test('metrics for callers with a role', async (t) => {
  const { request } = await serve(t, {
    openapi,
    handlers,
    gateway: {
      authentication,
      metrics: { path: '/internal/metrics', security: [{ operators: [] }], roles: ['monitoring'] },
    },
  })
  const status = async (headers: Record<string, string>) => (await request('GET', '/internal/metrics', { headers })).status
  t.equal(await status({}), 401)
  t.equal(await status({ 'x-key': 'wrong' }), 401)
  t.equal(await status({ 'x-key': 'poor' }), 403)
  t.equal(await status({ 'x-key': 'good' }), 200)
  t.equal((await request('POST', '/internal/metrics', { headers: { 'x-key': 'good' } })).status, 405)
})

t.test('metrics on a port of their own, in every role', async (t) => {
  for (const role of ['all', 'worker'] as const) {
    const { request, gateway } = await serve(t, { openapi, handlers, gateway: { metrics: { port: 0 } } }, { role })
    await request('GET', '/a')
    t.equal((await request('GET', '/metrics')).status, 404, "not on the API's port")
    const url = gateway.metricsUrl as string
    t.match(url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
    const series = parseScrape(await (await fetch(url)).text())
    t.equal(
      readSeries(series, duration, role === 'all' ? { operation: 'a' } : labelsOf('none', 'GET', '', 404)),
      role === 'all' ? 1 : 2,
    )
    t.equal((await fetch(url, { method: 'POST' })).status, 405)
    t.equal((await fetch(new URL('/', url))).status, 404)
    await gateway.stop()
    await t.rejects(fetch(url), 'it ends with the gateway')
  }
})

t.test('a port that is taken stops the start, and leaves nothing running', async (t) => {
  const { gateway } = await serve(t, { openapi, handlers, gateway: { metrics: { port: 0 } } })
  const { port } = new URL(gateway.metricsUrl as string)
  const directory = writeProject(t, { openapi, handlers, gateway: { metrics: { port: Number(port) } } })
  const plan = await planGateway({ directory, port: 0, environment: {} })
  await t.rejects(plan.start(), { message: /metrics cannot be served.*EADDRINUSE.*metrics\.port/ })
})
