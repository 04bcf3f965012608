import { createMemoryCounters } from './limiter/memory.ts'
import { createRedisCounters } from './limiter/redis.ts'
import type { Lifecycle, ServiceDefinition } from './service.ts'

/** So many requests per window, counted for each key on its own. */
export interface Limit {
  /** Limits of one name share their counts. */
  readonly name: string
  readonly limit: number
  /** Milliseconds. */
  readonly window: number
}

/** Where a key stands, the request that asked included. */
export interface Hits {
  /** Requests in the window; more than the limit when this one is too many. */
  readonly count: number
  /** When requests are free again, in milliseconds since the epoch. */
  readonly resetAt: number
}

/** Counts a request for a key. Undefined when it could not be counted: nobody knows then whether it is too many. */
export type Counter = (key: string) => Hits | Promise<Hits | undefined>

/** One way to keep counts. */
export interface Counters extends Lifecycle {
  counter(limit: Limit): Counter
}

/** Keeps the counts of all rate limits: in this process, or in Redis for all processes together. */
export interface Limiter extends Lifecycle {
  /** What counts a limit; undefined when another limit of the same name has other numbers. */
  counter(limit: Limit): Counter | undefined
}

declare module './service.ts' {
  interface Services {
    limiter: Limiter
  }
}

export const limiterService: ServiceDefinition<'limiter'> = {
  name: 'limiter',
  create({ config, log, clock }) {
    return createLimiter(config.redis.url === '' ? createMemoryCounters(clock.now) : createRedisCounters(config.redis.url, log))
  },
}

/** Adds names to counters, so that one name is one count. */
export function createLimiter(counters: Counters): Limiter {
  const named = new Map<string, { limit: Limit; count: Counter }>()

  function counter(limit: Limit): Counter | undefined {
    const known = named.get(limit.name)
    if (known !== undefined)
      return known.limit.limit === limit.limit && known.limit.window === limit.window ? known.count : undefined
    const count = counters.counter(limit)
    named.set(limit.name, { limit, count })
    return count
  }

  return { ...counters, counter }
}
