import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { mock } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import pino from 'pino'
import t, { type Test } from 'tap'
import { createMemoryCounters } from '../../src/services/limiter/memory.ts'
import { createRedisCounters } from '../../src/services/limiter/redis.ts'
import { type Counters, createLimiter, type Hits } from '../../src/services/limiter.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const limit = { name: 'test', limit: 3, window: 60_000 }

t.test('memory: windows open with the first request and are over after their length', (t) => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  t.teardown(() => mock.timers.reset())
  const count = createMemoryCounters().counter(limit) as (key: string) => Hits
  t.match(count('a'), { count: 1, resetAt: 1_060_000 })
  mock.timers.tick(30_000)
  t.match(count('a'), { count: 2, resetAt: 1_060_000 })
  t.match(count('b'), { count: 1, resetAt: 1_090_000 }, 'another key has its own window')
  mock.timers.tick(29_999)
  t.match(count('a'), { count: 3 })
  mock.timers.tick(1)
  t.match(count('a'), { count: 1, resetAt: 1_120_000 })
  t.end()
})

t.test('memory: limits of other names do not count together', (t) => {
  const counters = createMemoryCounters()
  const [one, two] = [counters.counter(limit), counters.counter({ ...limit, name: 'other' })]
  one('a')
  t.match(two('a'), { count: 1 })
  t.match(one('a'), { count: 2 })
  t.end()
})

t.test('memory: a million keys, long ones too, stay within bounds', (t) => {
  const count = createMemoryCounters(Date.now, 10_000).counter(limit)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 1_000_000; i++) count(`key-${i}`)
  for (let i = 0; i < 5_000; i++) count(`${i}${'x'.repeat(10_000)}`)
  collectGarbage()
  const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024
  t.ok(grown < 20, `the heap grew by ${grown.toFixed(0)} MB`)
  t.match(count('key-0'), { count: 1 }, 'the quietest were forgotten')
  t.match(count(`4999${'x'.repeat(10_000)}`), { count: 2 }, 'the last were not')
  t.end()
})

t.test('one name is one count', (t) => {
  const limiter = createLimiter(createMemoryCounters())
  t.equal(limiter.counter(limit), limiter.counter({ ...limit }))
  t.equal(limiter.counter({ ...limit, limit: 4 }), undefined, 'and has one limit')
  t.equal(limiter.counter({ ...limit, window: 1000 }), undefined)
  t.end()
})

t.test('Redis that is away: nothing is counted, and that is said quickly', async (t) => {
  const counters = createRedisCounters('redis://127.0.0.1:1', pino({ enabled: false }))
  const count = counters.counter(limit)
  t.equal(await count('a'), undefined, 'before the start')
  await counters.start?.()
  t.teardown(() => counters.stop?.())
  t.equal(await count('a'), undefined)
  t.match(await counters.check?.(), { healthy: false })
})

const url = process.env.REDIS_URL
t.test('Redis', { skip: url === undefined && 'REDIS_URL is not set' }, async (t) => {
  const name = `test-${process.pid}-${Date.now()}`
  const processes = [1, 2].map(() => createRedisCounters(url as string, pino({ enabled: false })))
  await Promise.all(processes.map((counters) => counters.start?.()))
  t.teardown(() => Promise.all(processes.map((counters) => counters.stop?.())))

  await t.test('two processes admit exactly the limit together', async (t) => {
    const counts = processes.map((counters) => counters.counter({ name, limit: 50, window: 60_000 }))
    const hits = await Promise.all(Array.from({ length: 400 }, (_, i) => counts[i % 2]?.('shared') as Promise<Hits>))
    t.equal(hits.filter(({ count }) => count <= 50).length, 50)
    for (const { resetAt } of hits) t.ok(resetAt > Date.now() && resetAt <= Date.now() + 62_000)
  })

  await t.test('windows slide', async (t) => {
    const [{ counter }] = processes as [Counters]
    const count = counter({ name: `${name}-sliding`, limit: 2, window: 1000 })
    const ask = async () => (await count('a'))?.count
    t.same([await ask(), await ask(), await ask()], [1, 2, 3])
    await setTimeout(1100)
    t.equal(await ask(), 1)
  })

  await t.test('it goes away, hangs, and comes back by itself', async (t) => {
    const line = await cable(t, new URL(url as string))
    const counters = createRedisCounters(line.url, pino({ enabled: false }))
    await counters.start?.()
    t.teardown(() => counters.stop?.())
    const count = counters.counter({ name: `${name}-away`, limit: 100, window: 60_000 })
    const until = async (answers: boolean) => {
      for (let i = 0; i < 100; i++) {
        if (((await count('a')) !== undefined) === answers) return true
        await setTimeout(50)
      }
      return false
    }
    t.ok(await until(true))
    line.cut()
    t.ok(await until(false), 'cut')
    line.join()
    t.ok(await until(true), 'back')
    line.hang()
    t.equal(await count('a'), undefined, 'hanging')
    t.equal(await Promise.race([count('a'), setTimeout(500, 'late')]), undefined, 'the next request does not wait')
    line.cut()
    line.join()
    t.ok(await until(true), 'back again')
  })

  await t.test('it answers to health checks', async (t) => {
    t.match(await processes[0]?.check?.(), { healthy: true })
  })
})

/** A line to Redis that a test can cut, hang and join again. */
async function cable(t: Test, redis: URL) {
  const sockets = new Set<Socket>()
  let hanging = false
  const server = createServer((near) => {
    const far = connect(Number(redis.port || 6379), redis.hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    near.on('data', (bytes) => hanging || far.write(bytes))
    far.pipe(near)
    near.on('close', () => far.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cut = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  t.teardown(cut)
  return {
    url: `redis://127.0.0.1:${port}`,
    cut,
    join() {
      hanging = false
      server.listen(port, '127.0.0.1')
    },
    hang() {
      hanging = true
    },
  }
}
