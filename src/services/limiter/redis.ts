import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { systemClock } from '../../clock.ts'
import type { Meter } from '../../metrics/meter.ts'
import type { Counter, Counters, Hits, JointCounter, Limit } from '../limiter.ts'
import { boundedKey } from './key.ts'
import { createRedisConnection } from './redis-connection.ts'
import { countWindows } from './redis-windows.ts'
import { slidingLog, slidingStore } from './sliding-log.ts'

export interface RedisCountersOptions {
  url: string
  /** Milliseconds that a request waits for Redis. */
  timeout: number
  /** Begins the name of every key. */
  prefix: string
  meter: Meter
}

/**
 * Counts in Redis, shared by all processes. Only Redis' own clock is asked, so those of the processes do not matter. While Redis
 * is away nothing is counted, which is said at once; the connection comes back by itself.
 */
export function createRedisCounters(
  { url, timeout, prefix, meter }: RedisCountersOptions,
  log: Logger,
  now = systemClock.now,
): Counters {
  const connection = createRedisConnection(
    {
      url,
      timeout,
      meter,
      scripts: { countWindows: { lua: countWindows }, ratelimiter: slidingLog },
      probe: (redis) => windows(redis, [`${prefix}:probe`], [{ name: 'probe', limit: 1, window: 1000 }]),
    },
    log,
  )

  function jointCounter(limits: readonly Limit[]): JointCounter | undefined {
    if (limits.some(({ sliding }) => sliding)) return undefined
    return async function countTogether(keys) {
      const names = limits.map(({ name }, index) => `${prefix}:window:${name}:${boundedKey(keys[index] as string)}`)
      const answer = await connection.ask((redis) => windows(redis, names, limits))
      return answer && hitsOf(answer)
    }
  }

  /** The script answers with a count and the milliseconds that are left, for each limit that it came to. */
  function hitsOf(answer: readonly number[]): Hits[] {
    const time = now()
    const pairs = Array.from({ length: answer.length / 2 }, (_, index) => answer.slice(index * 2, index * 2 + 2))
    return pairs.map(([count, left]) => ({ count: count as number, resetAt: time + (left as number) }))
  }

  function slidingCounter({ name, limit, window }: Limit): Counter {
    return async function countInStretch(key) {
      const id = boundedKey(key)
      const found = await connection.ask((redis) => slidingStore(redis, `${prefix}:log:${name}`, limit, window).get({ id }))
      return found && { count: limit - found.remaining + 1, resetAt: now() + found.reset }
    }
  }

  function counter(limit: Limit): Counter {
    if (limit.sliding === true) return slidingCounter(limit)
    const count = jointCounter([limit]) as JointCounter
    return async (key) => (await count([key]))?.[0]
  }

  const { start, activate, stop, check } = connection
  return { counter, jointCounter, start, activate, stop, check }
}

function windows(redis: Redis, keys: readonly string[], limits: readonly Limit[]): Promise<number[]> {
  const { countWindows } = redis as unknown as { countWindows(...words: (string | number)[]): Promise<number[]> }
  return countWindows.call(redis, keys.length, ...keys, ...limits.flatMap(({ limit, window }) => [limit, window]))
}
