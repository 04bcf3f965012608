import type { Redis } from 'ioredis'
import RedisLimiter from 'koa-ratelimit/limiter/redis.js'
import type { Logger } from 'pino'
import type { Counters, Hits, Limit } from '../limiter.ts'
import { boundedKey } from './key.ts'

/** How long a request waits for Redis, in milliseconds, and how long Redis is left alone after it made one wait in vain. */
const patience = 1000
const longestPause = 2000

/**
 * Sliding windows in Redis by koa-ratelimit, shared by all processes: never more than the limit in any stretch of the window's length.
 * It goes by the clocks of the processes, so those must agree to well within a window. While Redis is away nothing
 * is counted, which is said at once; the connection comes back by itself.
 */
export function createRedisCounters(url: string, log: Logger): Counters {
  let redis: Redis | undefined
  let aloneUntil = 0

  async function start(): Promise<void> {
    if (redis !== undefined) return
    // Loaded only where it is used.
    const { Redis: Client } = await import('ioredis')
    redis = new Client(url, {
      lazyConnect: true,
      // A request must not wait in a queue until Redis is back.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: patience,
      commandTimeout: patience,
      retryStrategy: (attempt) => Math.min(attempt * 100, longestPause),
    })
    let away = false
    redis.on('error', ({ message }) => {
      // The message alone: the error may carry the command that failed, and AUTH has the password in it.
      if (!away) log.error({ reason: message }, 'Redis is away: requests with a rate limit are refused until it is back')
      away = true
    })
    redis.on('ready', () => {
      if (away) log.info('Redis is back')
      away = false
    })
    // Away at the start is like away later.
    await redis.connect().catch(() => {})
  }

  async function stop(): Promise<void> {
    redis?.disconnect()
    redis = undefined
  }

  async function check() {
    const began = performance.now()
    const answer = await redis?.ping().catch(() => undefined)
    const healthy = answer === 'PONG'
    return { healthy, latencyMs: performance.now() - began, ...(!healthy && { detail: 'the store of the rate limits is away' }) }
  }

  function counter({ name, limit, window }: Limit) {
    return async function countInRedis(key: string): Promise<Hits | undefined> {
      if (redis?.status !== 'ready' || Date.now() < aloneUntil) return undefined
      try {
        const store = new RedisLimiter({
          db: redis,
          id: boundedKey(key),
          max: limit,
          duration: window,
          namespace: `gatefold:limit:${name}`,
        })
        const { remaining, reset } = await store.get()
        return { count: limit - remaining + 1, resetAt: reset * 1000 }
      } catch {
        aloneUntil = Date.now() + patience
        return undefined
      }
    }
  }

  return { counter, start, stop, check }
}
