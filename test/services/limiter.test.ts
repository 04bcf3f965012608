import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { mock } from 'node:test'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import pino from 'pino'
import t, { type Test } from 'tap'
import { createMeter } from '../../src/metrics/meter.ts'
import { createMemoryCounters } from '../../src/services/limiter/memory.ts'
import { createRecentKeys } from '../../src/services/limiter/recent-keys.ts'
import { createRedisCounters } from '../../src/services/limiter/redis.ts'
import { type Counter, createLimiter, type Hits, type JointCounter, type Limit } from '../../src/services/limiter.ts'
import { redisServerExists, startRedisServer } from '../redis-server.ts'

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

t.test('memory: sliding limits admit no more than the limit in any stretch', (t) => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  t.teardown(() => mock.timers.reset())
  const count = createMemoryCounters().counter({ ...limit, sliding: true }) as (key: string) => Hits
  t.match([count('a'), count('a')], [{ count: 1, resetAt: 1_060_000 }, { count: 2 }])
  mock.timers.tick(50_000)
  t.match(count('a'), { count: 3, resetAt: 1_060_000 })
  t.match(count('a'), { count: 4, resetAt: 1_060_000 }, 'refused')
  mock.timers.tick(10_000)
  t.match([count('a'), count('a'), count('a')], [{ count: 2 }, { count: 3, resetAt: 1_110_000 }, { count: 4 }])
  mock.timers.tick(50_000)
  t.match(count('a'), { count: 3 }, 'what was refused is not counted')
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

t.test('memory: a flood of keys makes no other limit forget', (t) => {
  const counters = createMemoryCounters(Date.now, 10_000)
  const login = counters.counter({ ...limit, name: 'login' }) as (key: string) => Hits
  const tenant = counters.counter({ ...limit, name: 'tenant' })
  for (let i = 0; i < 3; i++) login('@192.0.2.1')
  for (let i = 0; i < 100_000; i++) tenant(`=${i}`)
  t.match(login('@192.0.2.1'), { count: 4 })
  t.end()
})

t.test('memory: many limits share the room', (t) => {
  const counters = createMemoryCounters(Date.now, 10_000)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const all = Array.from({ length: 100 }, (_, i) => counters.counter({ ...limit, name: `limit-${i}` }))
  for (let key = 0; key < 4_000; key++) for (const count of all) count(`key-${key}`)
  collectGarbage()
  const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024
  t.ok(grown < 40, `the heap grew by ${grown.toFixed(0)} MB`)
  t.end()
})

t.test('memory: keys that were quiet for a window are let go', (t) => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  t.teardown(() => mock.timers.reset())
  const keys = createRecentKeys<number>(1000, 100, () => {})
  for (const [at, key] of [
    [0, 'early'],
    [900, 'late'],
  ] as const) {
    keys.get(key, at)
    keys.set(key, at)
  }
  t.equal(keys.get('late', 1000), 900, 'a turn keeps what was asked for within the window')
  t.equal(keys.get('early', 1001), 0)
  keys.get('other', 2000)
  keys.get('other', 3000)
  t.equal(keys.size, 0)
  t.end()
})

t.test('one name is one count', (t) => {
  const limiter = createLimiter(createMemoryCounters())
  t.equal(limiter.counter(limit), limiter.counter({ ...limit }))
  t.equal(limiter.counter({ ...limit, limit: 4 }), undefined, 'and has one limit')
  t.equal(limiter.counter({ ...limit, window: 1000 }), undefined)
  t.end()
})

interface Circumstances {
  lines?: string[]
  now?: () => number
  /** Shorter only where a Redis that does not answer is what the test is about. */
  timeout?: number
}

/** Counters as each process has them; they end with the test. */
async function redisCounters(t: Test, url: string, { lines = [], now, timeout = 60_000 }: Circumstances = {}) {
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const counters = createRedisCounters({ url, timeout, prefix: 'test', meter: createMeter() }, log, now)
  t.teardown(() => counters.stop?.())
  await counters.start?.()
  return counters
}

t.test('Redis that is away: nothing is counted, and that is said quickly', async (t) => {
  const lines: string[] = []
  const counters = await redisCounters(t, 'redis://:hidden-password@127.0.0.1:1', { lines })
  t.equal(await counters.counter(limit)('a'), undefined)
  t.match(await counters.check?.(), { healthy: false })
  t.equal(lines.length, 1, 'said once')
  t.notMatch(lines.join(), 'hidden-password')
})

t.test('Redis', { skip: !redisServerExists && 'there is no redis-server' }, async (t) => {
  const server = await startRedisServer(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  // One clock is an hour ahead, which must make no difference.
  const processes = [
    await redisCounters(t, server.url),
    await redisCounters(t, server.url, { now: () => Date.now() + 3_600_000 }),
    await redisCounters(t, server.url),
  ]
  // A busy machine may not have connected in the time that a start waits for it.
  for (const { check } of processes) while (!(await check?.())?.healthy) await setTimeout(10)

  for (const sliding of [false, true]) {
    await t.test(`processes admit exactly the limit together, ${sliding ? 'sliding' : 'window by window'}`, async (t) => {
      const counts = processes.map(({ counter }) => counter({ name: `many-${sliding}`, limit: 500, window: 60_000, sliding }))
      const began = Date.now()
      const hits: Hits[] = []
      // Not all at once: connections on which a busy machine hears nothing for two seconds are given up.
      while (hits.length < 3000)
        hits.push(...(await Promise.all(Array.from({ length: 300 }, (_, i) => counts[i % 3]?.('shared') as Promise<Hits>))))
      t.equal(hits.filter(({ count }) => count <= 500).length, 500)
      const admitted = hits.map(({ count }) => count).filter((count) => count <= 500)
      t.equal(new Set(admitted).size, 500, 'each is told another count')
      hits.forEach(({ resetAt }, i) => {
        const end = resetAt - (i % 3 === 1 ? 3_600_000 : 0)
        // In whole milliseconds, or in whole seconds rounded up.
        if (end < began + 59_999 || end > Date.now() + 61_000) t.fail(`it ends ${end - began} ms after it began`)
      })
    })

    await t.test(`a window ends, ${sliding ? 'sliding' : 'window by window'}`, async (t) => {
      const count = processes[0]?.counter({ name: `short-${sliding}`, limit: 2, window: 1000, sliding }) as Counter
      const ask = (key: string) => count(key) as Promise<Hits>
      // All of them within one window, which takes a busy machine several attempts.
      const askFourTimes = async (attempt = 1): Promise<{ key: string; hits: Hits[] }> => {
        const [key, began, hits] = [`attempt ${attempt}`, performance.now(), [] as Hits[]]
        while (hits.length < 4) hits.push(await ask(key))
        return performance.now() - began < 1000 ? { key, hits } : askFourTimes(attempt + 1)
      }
      const { key, hits } = await askFourTimes()
      t.match(hits.slice(0, 3), [{ count: 1 }, { count: 2 }, { count: 3 }])
      await setTimeout((hits[3] as Hits).resetAt - Date.now() + 5)
      t.ok((await ask(key)).count <= 2, 'free again when it was said')
      for (const key of await redis.keys(`test:*short-${sliding}*`)) t.not(await redis.pttl(key), -1, `${key} ends by itself`)
    })
  }

  await t.test('what a key takes does not grow with its count', async (t) => {
    const count = processes[0]?.counter({ name: 'size', limit: 10_000, window: 60_000 })
    const key = 'x'.repeat(10_000)
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 100 }, () => count?.(key)))
    const [kept] = await redis.keys('test:window:size:*')
    t.ok(((await redis.memory('USAGE', kept as string)) as number) < 200)
  })

  await t.test('a refusal writes nothing', async (t) => {
    const count = processes[0]?.counter({ name: 'refused', limit: 1, window: 60_000 })
    for (let i = 0; i < 5; i++) await count?.('a')
    t.equal(await redis.get('test:window:refused:a'), '1')
  })

  await t.test('several limits: one round trip, in order, up to the first refusal', async (t) => {
    const limits: Limit[] = [
      { name: 'wide', limit: 100, window: 60_000 },
      { name: 'narrow', limit: 2, window: 60_000 },
      { name: 'last', limit: 100, window: 60_000 },
    ]
    const count = processes[0]?.jointCounter?.(limits) as JointCounter
    const asked = async () =>
      Number(/calls=(\d+)/.exec((await redis.info('commandstats')).match(/cmdstat_evalsha:.*/)?.[0] ?? '')?.[1])
    const before = await asked()
    const counts = async () => (await count(['a', 'a', 'a']))?.map((hits) => hits.count)
    t.same(
      [await counts(), await counts(), await counts()],
      [
        [1, 1, 1],
        [2, 2, 2],
        [3, 3],
      ],
    )
    t.equal((await asked()) - before, 3)
    t.equal(processes[0]?.jointCounter?.([...limits, { ...limit, sliding: true }]), undefined)
  })
})

t.test('Redis freezes, ends, and comes back', { skip: !redisServerExists && 'there is no redis-server' }, async (t) => {
  const server = await startRedisServer(t, ['--requirepass', 'hidden-password'])
  const lines: string[] = []
  const counters = await redisCounters(t, server.url.replace('//', '//:hidden-password@'), { lines, timeout: 1000 })
  const count = counters.counter({ ...limit, limit: 1_000_000 })
  const until = async (answers: boolean) => {
    while (((await count('a')) !== undefined) !== answers) await setTimeout(10)
  }
  const said = () => lines.map((line) => JSON.parse(line).msg.slice(0, 13))
  await until(true)

  server.freeze()
  t.same(await Promise.all(Array.from({ length: 50 }, () => count('a'))), Array(50).fill(undefined), 'none hangs')
  const later = count('a')
  t.equal(await Promise.race([later, setImmediate('late')]), undefined, 'later ones do not wait at all')
  server.thaw()
  await until(true)
  t.same(said(), ['Redis is away', 'Redis is back'])

  await server.kill()
  await until(false)
  await server.start()
  await until(true)
  t.same(said(), ['Redis is away', 'Redis is back', 'Redis is away', 'Redis is back'])

  const admin = new Redis(server.url.replace('//', '//:hidden-password@'))
  t.teardown(() => admin.disconnect())
  await admin.config('SET', 'maxmemory', '1')
  await until(false)
  await admin.config('SET', 'maxmemory', '0')
  await until(true)
  t.equal(lines.length, 6, 'a full Redis is away too, and is not asked by requests')
  t.notMatch(lines.join(), 'hidden-password')
})

t.test(
  'a Redis whose machine is gone without a word is given up',
  { skip: !redisServerExists && 'there is no redis-server' },
  async (t) => {
    const server = await startRedisServer(t)
    const sockets = new Set<Socket>()
    let silent = false
    const proxy = createServer((near) => {
      sockets.add(near)
      const far = connect(server.port, '127.0.0.1')
      near
        .on('data', (bytes) => silent || far.write(bytes))
        .on('error', () => {})
        .on('close', () => far.destroy())
      far.on('data', (bytes) => near.write(bytes)).on('error', () => {})
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    t.teardown(() => {
      proxy.close()
      for (const socket of sockets) socket.destroy()
    })
    const counters = await redisCounters(t, `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`, { timeout: 1000 })
    const count = counters.counter(limit)
    t.ok(await count('a'))
    silent = true
    t.equal(await count('a'), undefined)
    // The connection that hears nothing stays open; only a new one is heard.
    const [dead] = sockets
    await once(dead as Socket, 'close')
    silent = false
    while ((await count('a')) === undefined) await setTimeout(20)
  },
)

t.test(
  'a Redis that answers is not away because this process was held up',
  { skip: !redisServerExists && 'there is no redis-server' },
  async (t) => {
    const server = await startRedisServer(t)
    const lines: string[] = []
    const counters = await redisCounters(t, server.url, { lines, timeout: 1000 })
    const count = counters.counter(limit)
    t.ok(await count('a'))
    for (let times = 0; times < 2; times++) {
      const asked = Array.from({ length: 60 }, () => count('a'))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
      t.ok((await Promise.all(asked)).every((hits) => hits !== undefined))
      await setTimeout(20)
    }
    t.same(lines, [])
  },
)
