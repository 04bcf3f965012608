import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { io, type Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import type { TaskEvent } from '../../src/tasks/states.ts'
import { createServerDatabase } from '../../src/testing/database.ts'
import { startGatefold } from '../cli/command-line.ts'
import { serverUrl, testDataDirectory } from '../database.ts'
import { redisServerExists, startRedisServer } from '../redis-server.ts'
import { password } from './reference.ts'

t.setTimeout(300_000)

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: any
}

interface Call {
  token?: string
  json?: object
}

/** Asks one of the workers. */
type Ask = (method: string, path: string, call?: Call) => Promise<Answer>

/** The reference application in two workers, and a kept connection to each. */
async function startWorkers(t: Test, environment: Record<string, string> = {}) {
  const { url: database, drop } = await createServerDatabase(serverUrl)
  t.teardown(drop)
  const { url, output, child, exited } = await startGatefold(
    t,
    join(import.meta.dirname, '../..'),
    ['--port', '0', '--workers', '2'],
    {
      DATABASE_URL: database,
      DATA_DIR: await testDataDirectory(t),
      JWT_SECRET: 'a secret of more than thirty-two bytes, for tests',
      ...environment,
    },
  )
  // The database can be dropped when nobody is connected any more.
  t.teardown(() => {
    child.kill('SIGINT')
    return exited
  })

  async function connect(): Promise<[worker: number, ask: Ask]> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.teardown(() => agent.destroy())
    const ask: Ask = async (method, path, { token, json: body } = {}) => {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const call = request(`${url}/api/v1${path}`, {
        agent,
        method,
        headers: { ...authorization, 'content-type': 'application/json' },
      })
      call.end(body && JSON.stringify(body))
      const [answer] = await once(call, 'response')
      return { status: answer.statusCode, headers: answer.headers, body: await json(answer).catch(() => undefined) }
    }
    const { headers } = await ask('GET', '/health')
    const line = new RegExp(`^.*${headers['x-request-id']}.*\\n`, 'm')
    while (!line.test(output.stdout)) await wait(10)
    return [JSON.parse(line.exec(output.stdout)?.[0] as string).worker, ask]
  }

  const asks = new Map<number, Ask>()
  while (asks.size < 2) asks.set(...(await connect()))
  return { url, database, workers: [asks.get(1), asks.get(2)] as [Ask, Ask] }
}

/** Calls each of the workers in turn, all at once. */
function inTurn(workers: readonly Ask[], times: number, method: string, path: string, call?: Call): Promise<Answer[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => (workers[index % workers.length] as Ask)(method, path, call)))
}

const counted = (answers: readonly Answer[], status: number) => answers.filter((answer) => answer.status === status).length

t.test('two workers', { skip: serverUrl === '' && 'several processes need DATABASE_URL' }, async (t) => {
  const { url, database, workers } = await startWorkers(t)
  const [one, two] = workers
  const registered = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (workers[index % 2] as Ask)('POST', '/auth/register', { json: { email: `person-${index}@example.com`, password } }),
    ),
  )
  t.equal(counted(registered, 201), 10, 'no more and no less than one sliding limit admits')
  t.equal(counted(registered, 429), 10)
  const { email } = registered.find(({ status }) => status === 201)?.body ?? {}
  const credentials = { email, password }
  const login = async (ask: Ask) => (await ask('POST', '/auth/login', { json: credentials })).body
  const refresh = (ask: Ask, refresh_token: string) => ask('POST', '/auth/refresh', { json: { refresh_token } })

  await t.test('a session of one goes on in the other, and ends in both', async (t) => {
    const first = await login(one)
    t.match(await two('GET', '/auth/me', { token: first.access_token }), { status: 200, body: { email } })
    const second = await refresh(two, first.refresh_token)
    t.equal(second.status, 200)
    t.match(await refresh(one, first.refresh_token), { status: 401, body: { code: 'refresh_token_reused' } })
    t.match(await refresh(two, second.body.refresh_token), { status: 401, body: { code: 'invalid_credentials' } })

    const other = await login(two)
    t.equal((await one('POST', '/auth/logout', { token: other.access_token })).status, 204)
    t.match(await refresh(two, other.refresh_token), { status: 401 })
  })

  await t.test('a refresh token works once, whoever is asked', async (t) => {
    const { refresh_token } = await login(one)
    const answers = await inTurn(workers, 8, 'POST', '/auth/refresh', { json: { refresh_token } })
    t.equal(counted(answers, 200), 1)
    t.equal(counted(answers, 401), 7)
  })

  await t.test('tasks run once, in either of them, and no more of an owner at once than he may have', async (t) => {
    const client = new pg.Client({ connectionString: database })
    await client.connect()
    t.teardown(() => client.end())
    const { access_token: token } = await login(two)
    const formulas = Array.from({ length: 20 }, (_, i) => ({ name: `y${i}`, expression: 'sum(x) + x' }))
    const parameters = { columns: { x: Array.from({ length: 500 }, (_, i) => i) }, formulas }
    const json = { agent_name: 'calculator', task_type: 'derive', parameters }
    const accepted = await inTurn(workers, 20, 'POST', '/agents/execute/async', { token, json })
    t.equal(counted(accepted, 202), accepted.length)
    for (;;) {
      const { rows } = await client.query('SELECT state, attempt FROM gatefold.task')
      const active = rows.filter(({ state }) => state === 'active').length
      if (active > 2) t.fail(`${active} tasks of an owner run at once`)
      if (rows.every(({ state }) => state === 'completed')) {
        t.strictSame(rows, Array(accepted.length).fill({ state: 'completed', attempt: 1 }))
        break
      }
      await wait(10)
    }
    const [{ body }] = accepted as [Answer]
    for (const ask of workers)
      t.match(await ask('GET', `/agents/status/${body.task_id}`, { token }), { body: { status: 'completed' } })
  })

  await t.test('live clients of either see the tasks of both', async (t) => {
    const { access_token: token } = await login(one)
    const sockets = Array.from({ length: 6 }, () =>
      io(url, { path: '/ws', transports: ['websocket'], auth: { token }, forceNew: true }),
    )
    t.teardown(() => sockets.map((socket) => socket.disconnect()))
    await Promise.all(sockets.map((socket) => once(socket as never, 'connect')))
    const json = { agent_name: 'calculator', task_type: 'evaluate', parameters: { expression: '1 + 1' } }
    const accepted = await inTurn(workers, 4, 'POST', '/agents/execute/async', { token, json })
    const watched = sockets.flatMap((socket) => accepted.map(({ body }) => watch(socket, body.task_id)))
    for (const numbers of await Promise.all(watched)) {
      t.strictSame(
        numbers,
        numbers.map((_, index) => index + 1),
      )
    }
  })
})

/** The numbers of a task's events, in the order in which they came, until it is completed. */
async function watch(socket: Socket, task_id: string): Promise<number[]> {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const live: TaskEvent[] = []
  socket.on('task:event', (event: TaskEvent & { task_id: string }) => {
    if (event.task_id !== task_id) return
    live.push(event)
    if (event.status === 'completed') resolve()
  })
  const { events: before } = (await socket.emitWithAck('task:watch', { task_id })) as { events: TaskEvent[] }
  if (before.at(-1)?.status !== 'completed') await over
  return [...before, ...live].map(({ seq }) => seq)
}

const missing = serverUrl === '' ? 'several processes need DATABASE_URL' : !redisServerExists && 'there is no redis-server'

t.test('two workers and Redis', { skip: missing }, async (t) => {
  const redis = await startRedisServer(t)
  const { workers } = await startWorkers(t, { REDIS_URL: redis.url })

  const answers = await inTurn(workers, 80, 'GET', '/health/detailed')
  t.equal(counted(answers, 200), 60, 'no more and no less than one limit admits')
  t.equal(counted(answers, 429), 20)

  await redis.kill()
  for (const ask of workers) {
    t.match(await ask('POST', '/auth/refresh', { json: { refresh_token: 'guessed' } }), {
      status: 503,
      body: { code: 'unavailable' },
    })
    t.equal((await ask('GET', '/')).status, 200, 'a limit that is open admits')
  }

  await redis.start()
  for (const ask of workers) {
    while ((await ask('POST', '/auth/refresh', { json: { refresh_token: 'guessed' } })).status === 503) await wait(50)
  }
  t.equal(counted(await inTurn(workers, 80, 'GET', '/health/detailed'), 200), 60, 'and it counts again, for both')
})
