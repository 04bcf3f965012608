import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { io } from 'socket.io-client'
import t from 'tap'
import { stringify } from 'yaml'
import type { TaskEvent } from '../src/tasks/states.ts'
import { testDatabasePlace } from './database.ts'
import { type Served, serve } from './gateway.ts'

const secrets = ['thirty-two bytes of secret or more, for tests', 'another secret of thirty-two bytes, for tests']
const answers = { 200: { description: 'ok', content: { 'application/json': { schema: {} } } } }

function openapi(more: object = {}) {
  return {
    openapi: '3.1.0',
    info: { title: 'reload', version: '1' },
    components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/words': { get: { operationId: 'getWords', responses: answers } },
      '/slow': { get: { operationId: 'getSlow', responses: answers } },
      '/limited': { get: { operationId: 'getLimited', responses: answers } },
      '/guarded': { get: { operationId: 'getGuarded', security: [{ bearerAuth: [] }], responses: answers } },
      ...more,
    },
  }
}

interface Settings {
  limit?: number
  window?: string
  secret?: string | undefined
  operations?: object
  [section: string]: unknown
}

function gatewayYaml({ limit = 2, window = '60s', secret = secrets[0], operations = {}, ...more }: Settings = {}) {
  return {
    log: { file: 'log.jsonl' },
    authentication: { bearerAuth: { jwt: { algorithms: ['HS256'], secret } } },
    operations: {
      getWords: { access: 'public' },
      getSlow: { access: 'public' },
      getLimited: { access: 'public', rateLimit: { limit, window, by: 'ip' } },
      ...operations,
    },
    ...more,
  }
}

const handlers = {
  'words.ts': `export const words = 'first'`,
  'handlers/words.ts': `import { words } from '../words.ts'\nexport const getWords = () => words`,
  'handlers/slow.ts': `export const getSlow = () => new Promise((resolve) => setTimeout(resolve, 300, 'slow'))`,
  'handlers/others.ts': `export const getLimited = () => 'in'\nexport const getGuarded = ({}, { principal }) => principal.subject`,
}

/** Changes files of a served project (undefined: deletes one), and reloads. */
async function edit({ directory, gateway }: Served, files: Record<string, string | object | undefined>) {
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) rmSync(join(directory, name))
    else writeFileSync(join(directory, name), typeof content === 'string' ? content : stringify(content))
  }
  return gateway.reload()
}

const token = (secret: string | undefined, subject = 'ada') =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('1h')
    .sign(Buffer.from(secret ?? ''))

t.test('edits take effect between two requests, and bad ones do not', async (t) => {
  const served = await serve(t, { openapi: openapi(), gateway: gatewayYaml(), files: handlers })
  const { gateway, request } = served
  const words = async () => (await request('GET', '/words')).body

  await t.test('a module that a handler imports', async (t) => {
    t.equal(await words(), 'first')
    const reload = await edit(served, { 'words.ts': `export const words = 'second'` })
    t.match(reload, { outcome: 'applied', generation: 2, changes: { added: [], changed: ['getWords'], removed: [] } })
    t.equal(await words(), 'second')
    t.match(gateway.state, { generation: 2, lastReload: reload })
  })

  await t.test('a new operation with a handler of its own, which goes away again', async (t) => {
    const more = { '/new': { get: { operationId: 'getNew', responses: answers } } }
    const added = await edit(served, {
      'openapi.yaml': openapi(more),
      'gateway.yaml': gatewayYaml({ operations: { getNew: { access: 'public' } } }),
      'handlers/new.ts': `export const getNew = () => 'new'`,
    })
    t.match(added.changes, { added: ['getNew'], changed: [], removed: [] })
    t.equal((await request('GET', '/new')).body, 'new')
    const removed = await edit(served, {
      'openapi.yaml': openapi(),
      'gateway.yaml': gatewayYaml(),
      'handlers/new.ts': undefined,
    })
    t.match(removed.changes, { added: [], changed: [], removed: ['getNew'] })
    t.equal((await request('GET', '/new')).status, 404)
  })

  await t.test('what cannot serve changes nothing', async (t) => {
    const { generation } = gateway.state
    const bad: [name: string, files: Parameters<typeof edit>[1], code: string][] = [
      ['YAML', { 'openapi.yaml': 'openapi: [' }, 'yaml-syntax'],
      ['a setting', { 'gateway.yaml': gatewayYaml({ limit: -1 }) }, 'out-of-range'],
      ['a module', { 'words.ts': 'export const words = (' }, 'handler-module-failed'],
      ['a deleted handler', { 'handlers/slow.ts': undefined }, 'no-target'],
    ]
    const good = { 'openapi.yaml': openapi(), 'gateway.yaml': gatewayYaml(), ...handlers }
    for (const [name, files, code] of bad) {
      const reload = await edit(served, files)
      t.match(reload, { outcome: 'refused', generation }, name)
      t.ok(
        reload.diagnostics.some((finding) => finding.code === code && finding.severity === 'error' && finding.at),
        `${name}: ${JSON.stringify(reload.diagnostics)}`,
      )
      t.equal(await words(), 'second', name)
      t.match(gateway.state, { generation, lastReload: { outcome: 'refused' } })
      for (const [file, content] of Object.entries(good)) {
        writeFileSync(join(served.directory, file), typeof content === 'string' ? content : stringify(content))
      }
    }
    t.match(await gateway.reload(), { outcome: 'applied', generation: generation + 1 })
    t.equal(await words(), 'first')
  })

  await t.test('what cannot be started changes nothing either', async (t) => {
    const reload = await edit(served, { 'gateway.yaml': gatewayYaml({ log: { file: 'words.ts/log' } }) })
    t.match(reload, { outcome: 'failed', error: /log\.file/ })
    t.equal(await words(), 'first')
    await edit(served, { 'gateway.yaml': gatewayYaml() })
  })

  await t.test('requests in flight end as they began', async (t) => {
    const slow = request('GET', '/slow')
    while ((await request('GET', '/words')).status !== 200);
    const reload = await edit(served, { 'handlers/slow.ts': `export const getSlow = () => 'quick'` })
    t.equal(reload.outcome, 'applied')
    t.equal((await request('GET', '/slow')).body, 'quick')
    t.equal((await slow).body, 'slow')
  })

  await t.test('counts of a limit stay when its number changes, and a window of another length is another one', async (t) => {
    const limited = async () => (await request('GET', '/limited')).status
    t.same([await limited(), await limited(), await limited()], [200, 200, 429])
    await edit(served, { 'gateway.yaml': gatewayYaml({ limit: 4 }) })
    t.same([await limited(), await limited()], [200, 429], 'the three before count')
    await edit(served, { 'gateway.yaml': gatewayYaml({ limit: 1, window: '30s' }) })
    t.same([await limited(), await limited()], [200, 429])
  })

  await t.test('keys and access', async (t) => {
    const old = await token(secrets[0])
    const guarded = async (token?: string) => (await request('GET', '/guarded', token === undefined ? {} : { token })).status
    t.same([await guarded(old), await guarded()], [200, 401])
    await edit(served, { 'gateway.yaml': gatewayYaml({ secret: secrets[1] }) })
    t.same([await guarded(old), await guarded(await token(secrets[1]))], [401, 200], 'a verified token is not good for ever')
    const open = await edit(served, {
      'gateway.yaml': gatewayYaml({ secret: secrets[1], operations: { getGuarded: { roles: ['admin'] } } }),
    })
    t.match(open.changes, { changed: ['getGuarded'] })
    t.same([await guarded(await token(secrets[1]))], [403])
  })

  await t.test('the most bytes of header fields', async (t) => {
    // Each on a connection of its own.
    const ask = async () => {
      const [answer] = await once(
        get(`${gateway.url}/words`, { agent: false, headers: { 'x-long': 'x'.repeat(5000) } }),
        'response',
      )
      return answer.resume().statusCode
    }
    t.equal(await ask(), 200)
    await edit(served, { 'gateway.yaml': gatewayYaml({ server: { maxHeaderSize: '4kb' } }) })
    t.equal(await ask(), 431)
    await edit(served, { 'gateway.yaml': gatewayYaml() })
    t.equal(await ask(), 200)
  })

  await t.test('another address', async (t) => {
    const before = gateway.url
    const server = { host: '127.0.0.1', keepAliveTimeout: '10s' }
    t.match(await edit(served, { 'gateway.yaml': gatewayYaml({ server }) }), { outcome: 'applied' })
    t.not(gateway.url, before, 'a free port was asked for')
    t.equal((await fetch(`${gateway.url}/words`)).status, 200)
    await t.rejects(fetch(`${before}/words`), 'the one before listens no more')
  })
})

t.test('none of many requests fails while generations come and go', async (t) => {
  const served = await serve(t, { openapi: openapi(), gateway: gatewayYaml(), files: handlers })
  const seen = new Set<string>()
  let over = false
  const client = async () => {
    while (!over) {
      const { status, body } = await served.request('GET', '/words')
      if (status !== 200) throw new Error(`answered ${status}`)
      seen.add(body)
    }
  }
  const clients = Promise.all(Array.from({ length: 8 }, client))
  for (let i = 0; i < 10; i++) {
    const { outcome } = await edit(served, { 'words.ts': `export const words = 'words ${i}'` })
    t.equal(outcome, 'applied')
    while (!seen.has(`words ${i}`)) await new Promise(setImmediate)
  }
  over = true
  await t.resolves(clients)
})

t.test('tasks and sockets go on', async (t) => {
  const { url, dataDir } = await testDatabasePlace(t)
  const post = (operationId: string) => ({
    post: { operationId, security: [{ bearerAuth: [] }], responses: answers },
  })
  const project = (task: object, secret = secrets[0], more: object = {}) => ({
    'openapi.yaml': openapi({
      '/count': post('count'),
      ...Object.fromEntries(Object.keys(more).map((id) => [`/${id}`, post(id)])),
    }),
    'gateway.yaml': gatewayYaml({
      secret,
      operations: { count: { task }, ...more },
      database: { url, dataDir, migrations: 'migrations' },
    }),
  })
  const counting = (last: string) => `export async function count({}, { progress, signal }) {
  for (let i = 1; i <= 20; i++) {
    progress(i / 20)
    await new Promise((resolve) => setTimeout(resolve, 40))
    signal.throwIfAborted()
  }
  return '${last}'
}
export const added = () => 'added'`
  const first = project({})
  const served = await serve(t, {
    openapi: first['openapi.yaml'],
    gateway: first['gateway.yaml'],
    files: {
      ...handlers,
      'handlers/count.ts': counting('as it began'),
      'migrations/001_words.sql': 'CREATE TABLE words (word text)',
    },
  })
  const { gateway, request } = served
  const ada = await token(secrets[0])
  const submit = async (operation = 'count', token = ada) =>
    (await request('POST', `/${operation}`, { token })).body.task_id as string
  const socket = io(gateway.url, { path: '/ws', transports: ['websocket'], reconnection: false, auth: { token: ada } })
  t.teardown(() => socket.disconnect())
  let disconnected: string | undefined
  socket.on('disconnect', (reason) => {
    disconnected = reason
  })
  const events = new Map<string, TaskEvent[]>()
  const keep = (event: TaskEvent) => events.set(event.task_id, [...(events.get(event.task_id) ?? []), event])
  socket.on('task:event', keep)
  const watch = async (taskId: string) => {
    const answer = await socket.timeout(60_000).emitWithAck('task:watch', { task_id: taskId })
    if (answer.ok) answer.events.forEach(keep)
    return answer
  }
  const ended = async (taskId: string) => {
    while (!['completed', 'failed'].includes(events.get(taskId)?.at(-1)?.status ?? ''))
      await new Promise((resolve) => setTimeout(resolve, 10))
    return events.get(taskId) ?? []
  }

  await t.test('a task that runs across reloads ends as it began, and none of its events is missed', async (t) => {
    const task = await submit()
    await watch(task)
    while ((events.get(task)?.length ?? 0) < 4) await new Promise((resolve) => setTimeout(resolve, 10))
    t.match(await edit(served, { 'handlers/count.ts': counting('as it is now') }), { outcome: 'applied' })
    t.match(await edit(served, project({ concurrency: 1, retries: 1 })), { outcome: 'applied', changes: { changed: ['count'] } })
    const seen = await ended(task)
    t.same(
      seen.map(({ seq }) => seq),
      seen.map((_, index) => index + 1),
      'no gap',
    )
    t.match((await request('GET', `/tasks/${task}`, { token: ada })).body, { status: 'completed', result: 'as it began' })
    const next = await submit()
    await watch(next)
    await ended(next)
    t.match((await request('GET', `/tasks/${next}`, { token: ada })).body, { status: 'completed', result: 'as it is now' })
    t.equal(disconnected, undefined)
  })

  await t.test('another operation becomes a task', async (t) => {
    t.match(await edit(served, project({}, secrets[0], { added: { task: {} } })), {
      outcome: 'applied',
      changes: { added: ['added'] },
    })
    const task = await submit('added')
    t.equal((await watch(task)).ok, true)
    await ended(task)
    t.match((await request('GET', `/tasks/${task}`, { token: ada })).body, { status: 'completed', result: 'added' })
  })

  await t.test('concurrency counts what began before', async (t) => {
    await edit(served, project({ concurrency: 1 }))
    const tasks = await Promise.all([submit(), submit()])
    for (const task of tasks) await watch(task)
    while (!tasks.some((task) => events.get(task)?.some(({ status }) => status === 'active'))) await new Promise(setImmediate)
    await edit(served, project({ concurrency: 1, priority: 1 }))
    const [a, b] = await Promise.all(tasks.map(ended))
    const span = (seen: TaskEvent[] | undefined) => [
      seen?.find(({ status }) => status === 'active')?.at ?? '',
      seen?.at(-1)?.at ?? '',
    ]
    const [[firstStart, firstEnd], [secondStart, secondEnd]] = [span(a), span(b)] as [string[], string[]]
    t.ok(
      (firstEnd as string) <= (secondStart as string) || (secondEnd as string) <= (firstStart as string),
      'one after the other',
    )
  })

  await t.test('a new migration is run before the new generation answers; one that was run must not change', async (t) => {
    t.match(await edit(served, { 'migrations/002_first.sql': `INSERT INTO words VALUES ('first')` }), { outcome: 'applied' })
    t.match((await gateway.services.database.query('SELECT word FROM words')).rows, [{ word: 'first' }])
    const { generation } = gateway.state
    const changed = await edit(served, { 'migrations/001_words.sql': 'CREATE TABLE words (word text, more text)' })
    t.match(changed, { outcome: 'failed', generation, error: /001_words\.sql was changed after it had been applied/ })
    await edit(served, { 'migrations/001_words.sql': 'CREATE TABLE words (word text)' })
    t.equal((await submit()).length > 0, true, 'the database goes on')
  })

  await t.test('a socket whose credentials do not count any more is sent away', async (t) => {
    t.equal(disconnected, undefined, 'so far the same socket was used')
    await edit(served, project({}, secrets[1]))
    while (disconnected === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
    t.equal(disconnected, 'io server disconnect')
    t.equal((await request('GET', '/tasks', { token: await token(secrets[1]) })).status, 200)
  })
})
