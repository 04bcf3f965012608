/**
 * Shared limits: what a count costs Redis, what a key takes, and whether exactly the limit is admitted when several processes ask at
 * once. Gatefold's two kinds beside koa-ratelimit as it is. `node bench/limiter.ts`; needs redis-server.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import RedisLimiter from 'koa-ratelimit/limiter/redis.js'
import { pino } from 'pino'
import { createMeter } from '../src/metrics/meter.ts'
import { createMemoryCounters } from '../src/services/limiter/memory.ts'
import { createRedisCounters } from '../src/services/limiter/redis.ts'
import type { Hits } from '../src/services/limiter.ts'
import { startRedisServer } from '../test/redis-server.ts'

type Kind = 'windows' | 'sliding' | 'koa-ratelimit'
const kinds: Kind[] = ['windows', 'sliding', 'koa-ratelimit']
const processes = 4
const requests = 15_000
const window = 60_000

/** Counts once; gives whether the request was admitted. */
async function counterOf(kind: Kind, url: string, limit: number): Promise<() => Promise<boolean>> {
  if (kind === 'koa-ratelimit') {
    const limiter = new RedisLimiter({ db: new Redis(url), max: limit, duration: window, namespace: kind })
    return async () => (await limiter.get({ id: String(limit) })).remaining > 0
  }
  const counters = createRedisCounters({ url, timeout: 60_000, prefix: kind, meter: createMeter() }, pino({ level: 'silent' }))
  await counters.start?.()
  const count = counters.counter({ name: 'bench', limit, window, sliding: kind === 'sliding' })
  return async () => ((await count(String(limit))) as Hits).count <= limit
}

/** One process: waits for the word, then sends its requests, 100 at a time. */
async function ask(kind: Kind, url: string, limit: number): Promise<void> {
  const count = await counterOf(kind, url, limit)
  process.send?.('ready')
  await once(process, 'message')
  let [admitted, left] = [0, requests]
  const one = async () => {
    while (left-- > 0) if (await count()) admitted++
  }
  await Promise.all(Array.from({ length: 100 }, one))
  process.send?.(admitted, () => process.exit())
}

async function measure(redis: Redis, kind: Kind, url: string, limit: number): Promise<void> {
  await redis.flushall()
  const children = Array.from({ length: processes }, () => fork(import.meta.filename, [kind, url, String(limit)]))
  const heard = (child: ChildProcess) => once(child, 'message').then(([message]) => message)
  await Promise.all(children.map(heard))
  const before = await cpu(redis)
  const answers = children.map(heard)
  for (const child of children) child.send('go')
  const admitted = (await Promise.all(answers)).reduce((sum, count) => sum + Number(count), 0)
  const micros = (((await cpu(redis)) - before) / (processes * requests)) * 1e6
  const [key = ''] = (await redis.keys(`*${limit}`)).filter((name) => name.startsWith(kind))
  const bytes = await redis.memory('USAGE', key, 'SAMPLES', 0)
  console.log(
    `${kind.padEnd(14)} limit ${String(limit).padEnd(6)} admitted ${String(admitted).padEnd(6)} ${micros.toFixed(1)} µs of Redis, ${bytes} bytes a key`,
  )
}

async function cpu(redis: Redis): Promise<number> {
  const text = await redis.info('cpu')
  const of = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1])
  return of('used_cpu_user') + of('used_cpu_sys')
}

/**
 * In this process: the CPU time of a count as keys become more, beside a bare Map of as many keys, which is the floor of what a Map can
 * do. Keys are made anew for each count, as requests do.
 */
function measureMemory(): void {
  const counts = 1_000_000
  for (const keys of [1000, 10_000, 100_000, 1_000_000]) {
    const nameOf = (index: number) => `@10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
    const count = createMemoryCounters().counter({ name: 'bench', limit: 100, window })
    const before = memory()
    let longest = 0
    const opened = nanosOf(keys, (index) => {
      const began = performance.now()
      count(nameOf(index))
      longest = Math.max(longest, performance.now() - began)
    })
    const bytes = (memory() - before) / keys
    const counted = nanosOf(counts, (index) => count(nameOf((index * 7919) % keys)))
    const map = new Map(Array.from({ length: keys }, (_, index) => [nameOf(index), { count: 0 }]))
    const floor = nanosOf(counts, (index) => {
      const found = map.get(nameOf((index * 7919) % keys))
      if (found !== undefined) found.count++
    })
    console.log(
      `in memory, ${String(keys).padEnd(8)} keys: ${counted} ns of CPU a count (a bare Map: ${floor}), ${opened} of a new key, about ${bytes.toFixed(0)} bytes a key, longest count of a new key ${longest.toFixed(1)} ms`,
    )
  }
}

/** Bytes of objects and of the arrays beside them. */
function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Nanoseconds of CPU that each of so many calls takes. */
function nanosOf(times: number, work: (index: number) => void): string {
  const began = process.cpuUsage()
  for (let i = 0; i < times; i++) work(i)
  const { user, system } = process.cpuUsage(began)
  return (((user + system) / times) * 1000).toFixed(0)
}

const [kind, url, limit] = process.argv.slice(2)
if (kind !== undefined) await ask(kind as Kind, url as string, Number(limit))
else {
  measureMemory()
  const endings: (() => unknown)[] = []
  const server = await startRedisServer({ teardown: (work: () => unknown) => void endings.push(work) } as never)
  const redis = new Redis(server.url)
  for (const size of [10, 1000, 10_000]) {
    for (const one of kinds) if (one !== 'sliding' || size <= 1000) await measure(redis, one, server.url, size)
  }
  redis.disconnect()
  for (const end of endings) await end()
}
