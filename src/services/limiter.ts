import { parseTimeout } from '../config/units.ts'
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
  /** Never more than the limit in any stretch of the window's length; else windows open with a key's first request. */
  readonly sliding?: boolean
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

/** Counts a request for one key of each limit, in their order, up to the first limit that refuses it. */
export type JointCounter = (keys: readonly string[]) => Promise<readonly Hits[] | undefined>

/** One way to keep counts. */
export interface Counters extends Lifecycle {
  counter(limit: Limit): Counter
  /** Several limits in one go, where that takes less time than one after the other; undefined where it does not. */
  jointCounter?(limits: readonly Limit[]): JointCounter | undefined
  /** Forgets what was counted for any other limit. */
  retain?(limits: readonly Limit[]): void
}

/** Keeps the counts of all rate limits: in this process or its primary, or in Redis for all processes together. */
export interface Limiter extends Lifecycle {
  /** What counts a limit; undefined when another limit of the same name has other numbers. */
  counter(limit: Limit): Counter | undefined
  jointCounter(limits: readonly Limit[]): JointCounter | undefined
}

declare module './service.ts' {
  interface Services {
    limiter: Limiter
  }
}

export const limiterService: ServiceDefinition<'limiter'> = {
  name: 'limiter',
  basis: ({ config, role }) => [config.redis, role],
  create({ config: { redis }, log, clock, cluster, meter, role }) {
    // A worker answers nothing that has a limit.
    const shared = redis.url !== '' && role !== 'worker'
    const options = { ...redis, timeout: parseTimeout(redis.timeout), meter }
    if (shared) return createLimiter(createRedisCounters(options, log, clock.now))
    return createLimiter(cluster?.counters ?? createMemoryCounters(clock.now))
  },
}

/** Adds names to counters, so that one name is one count. The next generation may give a name other numbers; what was counted stays. */
export function createLimiter(counters: Counters): Limiter {
  const named = new Map<string, { limit: Limit; count: Counter }>()

  function counter(limit: Limit): Counter | undefined {
    const known = named.get(limit.name)
    if (known !== undefined) return isSame(known.limit, limit) ? known.count : undefined
    const count = counters.counter(limit)
    named.set(limit.name, { limit, count })
    return count
  }

  return {
    ...counters,
    counter,
    jointCounter: (limits) => counters.jointCounter?.(limits),
    renew: () => createLimiter(counters),
    activate() {
      counters.activate?.()
      counters.retain?.([...named.values()].map(({ limit }) => limit))
    },
  }
}

function isSame(one: Limit, other: Limit): boolean {
  return one.limit === other.limit && one.window === other.window && one.sliding === other.sliding
}
