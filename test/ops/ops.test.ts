import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { writeProject } from '../gateway.ts'
import { serveTasks } from '../targets/tasks-project.ts'

const ops = { path: '/ops', security: [{ bearerAuth: [] }], roles: ['operator'] }

t.test('what operators see and do', async (t) => {
  const served = await serveTasks(t, { ops, log: { file: 'log.jsonl', redact: ['body.card'] }, metrics: { access: 'public' } })
  const { request, token, logs, gateway, directory } = served
  const [ada, operator] = [await token('ada'), await token('op', { roles: ['operator'] })]
  const ask = async (path: string, method = 'GET') => (await request(method, `/ops/api/${path}`, { token: operator })).body
  const until = async <T>(look: () => Promise<T>, fits: (value: T) => boolean): Promise<T> => {
    for (;;) {
      const value = await look()
      if (fits(value)) return value
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  await t.test('nobody else does', async (t) => {
    const routes: [string, string][] = [
      ['GET', 'state'],
      ['GET', 'traffic'],
      ['GET', 'requests'],
      ['GET', 'operations'],
      ['GET', 'operations/sum'],
      ['GET', 'tasks'],
      ['GET', 'tasks/counts'],
      ['GET', 'tasks/6f1e8f3a-0000-4000-8000-000000000000'],
      ['POST', 'tasks/6f1e8f3a-0000-4000-8000-000000000000/retry'],
      ['POST', 'tasks/6f1e8f3a-0000-4000-8000-000000000000/cancel'],
    ]
    for (const [method, path] of routes) {
      t.equal((await request(method, `/ops/api/${path}`)).status, 401, path)
      t.equal((await request(method, `/ops/api/${path}`, { token: ada })).status, 403, path)
      for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }])
        t.equal((await request(method, `/ops/api/${path}`, { token: operator, headers })).status, 403, `${path} for another site`)
    }
    const own = { origin: gateway.url, 'sec-fetch-site': 'same-origin' }
    t.equal((await request('GET', '/ops/api/state', { token: operator, headers: own })).status, 200)
  })

  await t.test('the page says nothing, and lets nothing foreign in', async (t) => {
    const { status, text, headers } = await request('GET', '/ops')
    t.equal(status, 200)
    t.notMatch(text, /sum|<script>|style=| on\w+=/)
    const policy = headers.get('content-security-policy') ?? ''
    t.match(policy, "default-src 'none'")
    t.match(policy, "frame-ancestors 'none'")
    t.notMatch(policy, /unsafe|https?:|\*/)
    for (const [, url] of text.matchAll(/(?:href|src)="([^"]+)"/g))
      t.equal((await request('GET', url as string)).status, 200, String(url))
    t.equal((await request('GET', '/ops/assets/page.html')).status, 404)
    t.equal((await request('GET', '/ops/assets/..%2Froutes.ts')).status, 404)
  })

  await t.test('operations, with the chain of each and where it was written', async (t) => {
    const { operations } = await ask('operations')
    t.match(operations[0], {
      id: 'sum',
      method: 'POST',
      path: '/api/sum',
      target: 'task',
      access: 'bearerAuth',
      at: /^openapi\.yaml:\d+/,
    })
    const { settings } = await ask('operations/sum')
    t.same(
      settings.map(({ name }: { name: string }) => name),
      ['securityHeaders', 'authenticate', 'validate', 'timeout', 'task'],
    )
    t.match(settings[1].values, [{ value: [{ bearerAuth: [] }], origin: /^OpenAPI, openapi\.yaml:\d+:\d+$/ }])
    const validate = settings.find(({ name }: { name: string }) => name === 'validate')
    t.match(
      validate.values.find(({ name }: { name: string }) => name === 'response'),
      { value: 'enforce', origin: /^defaults, gateway\.yaml:\d+:\d+$/ },
    )
    t.equal((await request('GET', '/ops/api/operations/nothing', { token: operator })).status, 404)
  })

  await t.test('requests: the last ones, and which policy decided', async (t) => {
    await request('POST', '/api/sum?secret=hidden', { json: { of: [1] }, headers: { 'x-request-id': 'mine' } })
    const { requests } = await ask('requests')
    t.match(requests[0], {
      method: 'POST',
      path: '/api/sum',
      status: 401,
      operation: 'sum',
      decided_by: 'authenticate',
      subject: null,
      request_id: 'mine',
    })
    t.notMatch(JSON.stringify(requests), /hidden|\/ops/, 'no query, and not what the page asks itself')
    t.same((await ask(`requests?after=${requests[0].number}`)).requests, [])
    for (let i = 0; i < 510; i++) await request('GET', '/livez')
    t.equal((await ask('requests')).requests.length, 500)
    t.equal((await ask('requests')).requests[0].number, requests[0].number + 510)
  })

  await t.test('traffic, as it is counted', async (t) => {
    await request('POST', '/api/sum', { token: ada, json: { of: 'x' } })
    const { buckets, operations } = await ask('traffic')
    t.equal(operations.sum.durations.length, buckets.length + 1)
    t.equal(
      operations.sum.answers['4'],
      operations.sum.durations.reduce((a: number, b: number) => a + b, 0),
    )
    t.match(operations.sum.refused, { authenticate: 1, validate: 1 })
  })

  await t.test('tasks of everybody, with payloads that hold no credentials', async (t) => {
    const json = { of: [1], password: 'hidden', card: 'hidden too', note: '<img src=x onerror=alert(1)>' }
    const { body } = await request('POST', '/api/sum', { token: ada, json })
    const { tasks } = await ask('tasks?operation=sum')
    t.match(tasks[0], { task_id: body.task_id, owner: 'bearerAuth:ada', operation: 'sum' })
    const task = await until(
      () => ask(`tasks/${body.task_id}`),
      ({ status }) => status === 'completed',
    )
    t.match(task, {
      payload: { body: { of: [1], password: '[redacted]', card: '[redacted]', note: json.note } },
      result: { sum: 1 },
    })
    t.match(task.events, [{ seq: 1 }, { seq: 2 }, { seq: 3, status: 'completed' }])
    t.match(await ask('tasks/counts'), { counts: { completed: 1, failed: 0 } })
    t.equal((await request('GET', '/ops/api/tasks?status=odd', { token: operator })).status, 422)
    t.equal((await request('GET', '/ops/api/tasks/nonsense', { token: operator })).status, 404)
  })

  await t.test('an operator cancels and starts over, and the log says who', async (t) => {
    const { body } = await request('POST', '/api/steps', { token: ada })
    const task = `tasks/${body.task_id}`
    await until(
      () => ask(task),
      ({ status }) => status === 'active',
    )
    await ask(`${task}/cancel`, 'POST')
    await until(
      () => ask(task),
      ({ status }) => status === 'cancelled',
    )
    t.match(await ask('tasks?status=cancelled'), { tasks: [{ task_id: body.task_id }] })
    t.match(await ask(`${task}/retry`, 'POST'), { status: 'queued' })
    t.equal((await request('POST', `/ops/api/${task}/retry`, { token: operator })).status, 409)
    await ask(`${task}/cancel`, 'POST')
    t.match(
      logs().filter(({ msg }) => msg === 'an operator changed a task'),
      ['cancel', 'retry', 'cancel'].map((change) => ({ change, sub: 'op', task_id: body.task_id, op: 'steps' })),
    )
  })

  await t.test('generations: what changed, and why a reload was refused', async (t) => {
    t.match(await ask('state'), {
      generation: { number: 1, changes: null },
      last_reload: null,
      operator: 'op',
      services: { database: { healthy: true } },
    })
    const file = join(directory, 'gateway.yaml')
    const written = readFileSync(file, 'utf8')
    writeFileSync(file, written.replace('open:', 'opne:'))
    await gateway.reload()
    const { generation, last_reload } = await ask('state')
    t.equal(generation.number, 1)
    t.match(last_reload, { outcome: 'refused', diagnostics: [{ severity: 'error', message: /opne/, at: /^gateway\.yaml:\d+/ }] })
    writeFileSync(file, written.replace('visibleTo:', 'timeout: 3s\n      visibleTo:'))
    t.equal((await gateway.reload()).outcome, 'applied')
    t.match(await ask('state'), {
      generation: { number: 2, changes: { changed: ['steps'] } },
      last_reload: { outcome: 'applied' },
    })
    t.equal((await ask('requests')).requests.length, 500, 'what was seen is still there')
  })
})

t.test('who may be an operator has to be said', async (t) => {
  const openapi = {
    openapi: '3.1.0',
    info: { title: 'test', version: '1' },
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } },
    paths: { '/a': { get: { operationId: 'a', security: [], responses: { 200: { description: 'ok' } } } } },
  }
  const authentication = { key: { apiKey: { keys: [{ id: 'one', sha256: '0'.repeat(64) }] } } }
  const findings = async (ops: object) => {
    const directory = writeProject(t, { openapi, handlers: 'export const a = () => 1', gateway: { authentication, ops } })
    return (await planGateway({ directory, environment: {} })).diagnostics.map(({ severity, code }) => `${severity} ${code}`)
  }
  t.same(await findings({}), ['error no-access-decision'])
  t.same(await findings({ access: 'public' }), ['error unknown-key'])
  t.same(await findings({ security: [{ key: [] }] }), ['warning operators-unlimited'])
  t.same(await findings({ security: [{ key: [] }], roles: ['operator'] }), [])
  t.same(await findings({ security: [{ other: [] }], roles: ['operator'] }), ['error unknown-security-scheme'])
})

t.test('a document that cannot be read is what is reported, whoever may see the page', async (t) => {
  const authentication = { key: { apiKey: { keys: [{ id: 'one', sha256: '0'.repeat(64) }] } } }
  const ops = { security: [{ key: [] }], roles: ['operator'] }
  const { diagnostics } = await planGateway({
    directory: writeProject(t, { openapi: 'openapi: [', gateway: { authentication, ops } }),
  })
  t.ok(diagnostics.some(({ code }) => code === 'yaml-syntax'))
})
