import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createDatabase, DatabaseUnavailable } from '../../../src/services/database.ts'
import { openTestDatabase, serverUrl, testDatabasePlace } from '../../database.ts'

const log = pino({ level: 'silent' })
const onServer = { skip: serverUrl === '' && 'needs DATABASE_URL' }

function databaseAt(url: string) {
  const migrations = { own: [], application: () => [] }
  return createDatabase({ url, poolSize: 3, schema: 'gatefold', dataDir: '/nonexistent', migrations, log })
}

/** A TCP server between the database and its client, which can be told to pass nothing on, or to cut everything. */
async function openProxy(t: Test, target: URL | undefined) {
  const sockets = new Set<Socket>()
  let silent = target === undefined
  let arrived = () => {}
  const server = createServer((client) => {
    sockets.add(client.on('error', () => {}))
    arrived()
    if (!target) return
    const upstream = connect(Number(target.port || 5432), target.hostname)
    sockets.add(upstream.on('error', () => client.destroy()))
    client.on('close', () => upstream.destroy())
    client.on('data', (data) => silent || upstream.write(data))
    upstream.on('data', (data) => silent || client.write(data))
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(() => {
    cut()
    server.close()
  })
  const url = new URL(target ?? 'postgres://someone:hunter2@host/test')
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    cut,
    /** Called whenever a client has connected from now on. */
    onClient(call: () => void) {
      arrived = call
    },
    silence(on: boolean) {
      silent = on
    },
  }
}

t.test('a URL that is none is refused without being shown', async (t) => {
  const failure = (() => {
    try {
      return databaseAt('postgress://someone:hunter2@host/test')
    } catch (error) {
      return error as Error
    }
  })()
  t.match(failure, { message: /database\.url must be a URL like postgres:/ })
  t.notMatch(String(failure), /hunter2/)
})

t.test('a server that refuses connections', async (t) => {
  const database = databaseAt('postgres://someone:hunter2@127.0.0.1:1/test')
  const failure = await database.start().catch((error) => error)
  t.ok(failure instanceof DatabaseUnavailable)
  t.match(failure, { unavailable: true, message: /ECONNREFUSED/ })
  t.notMatch(failure.message, /hunter2/)
  await database.stop()
})

t.test('a server that takes connections and never answers', async (t) => {
  const { url } = await openProxy(t, undefined)
  const database = databaseAt(url)
  await t.rejects(database.start(), DatabaseUnavailable)
  await database.stop()
})

t.test('a server that falls silent fails what waits on it, and what comes back is used again', onServer, async (t) => {
  const place = await testDatabasePlace(t)
  const proxy = await openProxy(t, new URL(place.url))
  const database = databaseAt(proxy.url)
  t.teardown(() => database.stop())
  await database.start()
  t.equal((await database.query('SELECT pg_sleep(2), 1 AS one')).rowCount, 1, 'a slow statement is not taken for silence')

  proxy.silence(true)
  const waiting = [1, 2, 3, 4, 5].map(() => database.query('SELECT 1'))
  waiting.push(database.transaction((tx) => tx.query('SELECT 1')))
  for (const { reason } of (await Promise.allSettled(waiting)) as PromiseRejectedResult[])
    t.ok(reason instanceof DatabaseUnavailable)

  proxy.silence(false)
  t.same((await database.query('SELECT 1 AS one')).rows, [{ one: 1 }])
})

t.test('a process that is held up does not take that for silence of the server', onServer, async (t) => {
  const place = await testDatabasePlace(t)
  const { url, onClient } = await openProxy(t, new URL(place.url))
  const database = databaseAt(url)
  t.teardown(() => database.stop())
  await database.start()
  const slow = database.query('SELECT pg_sleep(4), 1 AS one')
  // Whoever looks whether the server is still there connects anew; longer than it waits, nothing is heard here.
  const looked = new Promise<void>((resolve) => {
    onClient(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)
      resolve()
    })
  })
  await looked
  t.equal((await slow).rowCount, 1)
})

t.test('idle connections that are cut do no harm, and a lost listener catches up', onServer, async (t) => {
  const place = await testDatabasePlace(t)
  const proxy = await openProxy(t, new URL(place.url))
  const database = databaseAt(proxy.url)
  t.teardown(() => database.stop())
  await database.start()
  const heard: string[] = []
  const reconnected = new Promise<void>((resolve) => {
    database.listen('news', (payload) => heard.push(payload), resolve).then(() => proxy.cut(), t.threw)
  })
  await reconnected
  await database.notify('news', 'after')
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  t.same(heard, ['after'])
})

t.test('a session that is ended in the middle of a transaction', onServer, async (t) => {
  const database = await openTestDatabase(t)
  await database.query('CREATE TABLE kept (id int)')
  const lost = database.transaction(async (tx) => {
    const { rows } = await tx.query<{ pid: number }>('INSERT INTO kept VALUES (1) RETURNING pg_backend_pid() AS pid')
    await terminate(rows[0]!.pid)
    await tx.query('INSERT INTO kept VALUES (2)')
  })
  await t.rejects(lost, DatabaseUnavailable)
  t.same((await database.query('SELECT * FROM kept')).rows, [])

  async function terminate(pid: number) {
    const other = databaseAt(serverUrl)
    await other.query('SELECT pg_terminate_backend($1)', [pid])
    await other.stop()
  }
})
