import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { writeProject } from '../gateway.ts'
import { serveTasks } from './tasks-project.ts'

t.test('tasks over HTTP', async (t) => {
  const { request, token } = await serveTasks(t)
  const [ada, bob, support] = [await token('ada'), await token('bob'), await token('sue', { roles: ['support'] })]
  const sum = (init: object = {}) => request('POST', '/api/sum', { token: ada, json: { of: [1, 2] }, ...init })

  await t.test('an operation answers 202 at once', async (t) => {
    const { status, headers, body } = await sum()
    t.equal(status, 202)
    t.match(body, { status: 'queued', status_url: `/api/tasks/${body.task_id}`, events_url: `/api/tasks/${body.task_id}/events` })
    t.equal(headers.get('location'), body.status_url)
    t.match(headers.get('retry-after'), /^\d+$/)
    const done = await request('GET', `${body.events_url}?after=2&wait=10`, { token: ada })
    t.match(done.body, { status: 'completed', events: [{ seq: 3, type: 'status', status: 'completed' }] })
    t.match((await request('GET', body.status_url, { token: ada })).body, {
      operation: 'sum',
      status: 'completed',
      result: { sum: 3 },
    })
  })

  await t.test('what is wrong with a request is said before it becomes a task', async (t) => {
    t.match(await sum({ json: { of: 1 } }), { status: 422, body: { code: 'validation_failed' } })
    t.match(await sum({ token: 'x.y.z' }), { status: 401 })
  })

  await t.test('Prefer: wait gives the result, or the refusal, in its place', async (t) => {
    const headers = { prefer: 'wait=10' }
    const done = await sum({ headers })
    t.match(done, { status: 200, body: { sum: 3 } })
    t.equal(done.headers.get('preference-applied'), 'wait=10')
    const refused = await request('POST', '/api/refuse', { token: ada, headers })
    t.match(refused, { status: 409, body: { code: 'out_of_paper', detail: 'no paper', task_id: /-/ } })
    t.same(refused.body.errors, [{ place: 'body', pointer: '/pages', message: 'must be at most 0' }])
    const forbidden = await sum({ headers, json: { of: ['x'] } })
    t.match(forbidden, { status: 500, body: { code: 'invalid_response' } })
    const late = await request('POST', '/api/steps', { token: ada, headers: { prefer: 'wait=0' } })
    t.match(late, { status: 202, body: { status: /queued|active/ } })
    await request('DELETE', late.body.status_url, { token: ada })
  })

  await t.test('an idempotency key stands for one task', async (t) => {
    const headers = { 'idempotency-key': '"key-1"' }
    const [first, again] = [await sum({ headers }), await sum({ headers })]
    t.equal(first.body.task_id, again.body.task_id)
    t.match(await sum({ headers, json: { of: [3] } }), { status: 422, body: { code: 'idempotency_key_reused' } })
    t.not((await sum({ headers, token: bob })).body.task_id, first.body.task_id)
    t.match(await sum({ headers: { 'idempotency-key': '' } }), { status: 400 })
  })

  await t.test('a task is seen by its owner and by roles that may, and is not there for others', async (t) => {
    const { body } = await request('POST', '/api/steps', { token: ada })
    const paths: [string, string][] = [
      ['GET', body.status_url],
      ['GET', body.events_url],
      ['DELETE', body.status_url],
      ['POST', `${body.status_url}/retry`],
    ]
    for (const [method, path] of paths) {
      t.match(await request(method, path, { token: bob }), { status: 404, body: { code: 'not_found' } }, `${method} for another`)
      t.match(await request(method, path), { status: 404 }, `${method} for nobody`)
    }
    t.equal((await request('GET', body.status_url, { token: support })).status, 200)
    t.equal((await request('GET', '/api/tasks/nonsense', { token: ada })).status, 404)
    t.match(await request('DELETE', body.status_url, { token: support }), { status: /20[02]/ })
  })

  await t.test('a stream tells everything once, in order, and ends with the task', async (t) => {
    const { body } = await request('POST', '/api/steps', { token: ada })
    const accept = 'text/event-stream'
    const streaming = request('GET', body.events_url, { token: ada, headers: { accept } })
    await request('GET', `${body.events_url}?after=3&wait=10`, { token: ada })
    t.match(await request('DELETE', body.status_url, { token: ada }), { status: 202, body: { cancel_requested: true } })
    const { text, headers } = await streaming
    t.match(headers.get('content-type'), /^text\/event-stream/)
    const events = [...text.matchAll(/^id: (\d+)\ndata: (.*)$/gm)].map(([, id, data]) => ({
      id: Number(id),
      ...JSON.parse(data as string),
    }))
    t.same(
      events.map(({ id }) => id),
      events.map((_, i) => i + 1),
    )
    t.match(events.at(-1), { status: 'cancelled' })
    const last = String(events.length)
    t.equal((await request('GET', body.events_url, { token: ada, headers: { accept, 'last-event-id': last } })).status, 204)
    const resumed = await request('GET', body.events_url, {
      token: ada,
      headers: { accept, 'last-event-id': String(events.length - 1) },
    })
    t.equal([...resumed.text.matchAll(/^id: /gm)].length, 1)
    t.match(await request('DELETE', body.status_url, { token: ada }), { status: 409, body: { code: 'conflict' } })
    t.match(await request('POST', `${body.status_url}/retry`, { token: ada }), { status: 202, body: { status: 'queued' } })
    await request('DELETE', body.status_url, { token: ada })
  })

  await t.test('the list is one’s own, in pages', async (t) => {
    const carol = await token('carol')
    for (let i = 0; i < 5; i++) await sum({ token: carol, headers: { prefer: 'wait=10' } })
    const found: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await request('GET', `/api/tasks?limit=2&status=completed${cursor && `&cursor=${cursor}`}`, {
        token: carol,
      })
      found.push(...body.tasks.map((task: { task_id: string }) => task.task_id))
      cursor = body.next_cursor
    }
    t.equal(new Set(found).size, 5)
    t.same(found, found.toSorted().reverse(), 'newest first')
    t.match(await request('GET', '/api/tasks?operation=steps', { token: carol }), { body: { tasks: [] } })
    t.match(await request('GET', '/api/tasks?limit=0', { token: carol }), { status: 422 })
    const anonymous = await request('GET', '/api/tasks')
    t.equal(anonymous.status, 401)
    t.match(anonymous.headers.get('www-authenticate'), /Bearer/)
  })

  await t.test('a task of nobody belongs to whoever knows its id', async (t) => {
    const { body } = await request('POST', '/api/open')
    t.match(await request('GET', `${body.events_url}?after=2&wait=10`), { status: 200 })
    t.match(await request('GET', body.status_url), { body: { result: 'anybody' } })
  })

  await t.test('the routes stand in the served document', async (t) => {
    const { body } = await request('GET', '/api/openapi.json')
    t.match(Object.keys(body.paths), ['/sum', '/steps', '/refuse', '/open', '/tasks', '/tasks/{task_id}'])
    t.match(body.paths['/tasks/{task_id}/events'].get.security, [{ bearerAuth: [] }])
    t.ok(body.components.schemas.Task)
  })

  await t.test('other methods are refused', async (t) => {
    const { status, headers } = await request('PUT', '/api/tasks', { token: ada })
    t.equal(status, 405)
    t.match(headers.get('allow'), /GET/)
  })
})

t.test('whoever waits for a result while the process is told to stop is answered with the task', async (t) => {
  const { gateway, request, token } = await serveTasks(t)
  const ada = await token('ada')
  const begun = performance.now()
  const answer = request('POST', '/api/steps', { token: ada, headers: { prefer: 'wait=30' } })
  const { body } = await until(
    () => request('GET', '/api/tasks', { token: ada }),
    ({ body }) => body.tasks.length > 0,
  )
  const stopped = gateway.stop()
  t.match(await answer, { status: 202, body: { task_id: body.tasks[0].task_id } })
  t.ok(performance.now() - begun < 4000, 'before it has ended, and before the connection is cut')
  await stopped
})

t.test('what cannot be a task is said at boot, with its place', async (t) => {
  const task = (settings: string) => `    task: ${settings}`
  const directory = writeProject(t, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'wrong', version: '1' },
      paths: {
        '/a': { post: { operationId: 'a', requestBody: { content: { 'multipart/form-data': {} } }, responses: {} } },
        '/b/{id}': {
          post: { operationId: 'b', parameters: [{ name: 'id', in: 'path', required: true, schema: {} }], responses: {} },
        },
        '/c': { post: { operationId: 'c', responses: {} } },
        '/d': { post: { operationId: 'd', responses: {} } },
        '/e': { post: { operationId: 'e', responses: {} } },
      },
    },
    gateway: [
      'defaults: { access: public }',
      'operations:',
      ...['  a:', task('{}'), '  b:', task("{ schedule: '* * * * *' }"), '  c:', task("{ schedule: 'often' }")],
      ...['  d:', task('{ deadLetter: f }'), '  e:', task('{ deadLetter: e }')],
    ].join('\n'),
    handlers: 'export const a = () => 1, b = a, c = a, d = a, e = a',
  })
  const { diagnostics } = await planGateway({ directory, environment: {} })
  const found = diagnostics
    .filter(({ code }) => /task|schedule|dead/.test(code))
    .map(({ severity, code, at }) => `${severity} ${code} ${at?.file}:${at?.line}`)
  t.matchOnly(found.filter((line) => line.startsWith('error')).sort(), [
    /error dead-letter-circle gateway.yaml:\d+/,
    /error invalid-schedule gateway.yaml:\d+/,
    /error schedule-without-request gateway.yaml:\d+/,
    /error task-body openapi.yaml:\d+/,
    /error unknown-dead-letter gateway.yaml:\d+/,
  ])
})

async function until<Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
  }
}
