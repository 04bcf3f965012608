import { systemClock } from '../../clock.ts'
import type { Counters, Hits, Limit } from '../limiter.ts'
import { boundedKey } from './key.ts'
import { createRecentKeys, type RecentKeys } from './recent-keys.ts'

/** Counts one request, or as many as are said: less than none takes back what was counted. */
export type MemoryCounter = (key: string, requests?: number) => Hits

export interface MemoryCounters extends Counters {
  /** Fixed windows are given as what is kept of them: the same object as long as a window is open. */
  counter(limit: Limit): MemoryCounter
}

/** The most keys that are counted at once, all limits together; about 150 bytes each. */
const mostKeys = 1_000_000
/** The most of one limit that come up before older ones are let go: a larger table would hold the process up for long as it grows. */
const generation = 131_072

/**
 * Counts in this process. Answers at once, without a promise. Each limit keeps its own keys, and when there are too many the limit
 * with the most forgets those that were quiet for longest: whoever floods one limit with keys of his making cannot make another
 * forget what it has counted of him.
 */
export function createMemoryCounters(now = systemClock.now, max = mostKeys): MemoryCounters {
  const tables = new Map<string, RecentKeys<unknown>>()

  /** What was counted for a limit stays when its number changes; another length of its windows begins anew. */
  function table<Value>(limit: Limit): RecentKeys<Value> {
    const name = tableName(limit)
    const most = Math.min(generation, max / 2)
    const keys = tables.get(name) ?? (createRecentKeys<Value>(limit.window, most, makeRoom) as RecentKeys<unknown>)
    tables.set(name, keys)
    return keys as RecentKeys<Value>
  }

  function makeRoom(): void {
    const all = [...tables.values()]
    const total = all.reduce((sum, { size }) => sum + size, 0)
    if (total > max) all.reduce((most, keys) => (keys.size > most.size ? keys : most)).forget()
  }

  return {
    check: async () => ({ healthy: true, latencyMs: 0 }),
    counter: (limit) =>
      limit.sliding === true ? countSliding(limit, table(limit), now) : countWindows(limit.window, table(limit), now),
    retain(limits) {
      const names = new Set(limits.map(tableName))
      for (const name of tables.keys()) if (!names.has(name)) tables.delete(name)
    },
  }
}

function tableName({ name, window, sliding = false }: Limit): string {
  return `${name}\n${window}\n${sliding}`
}

/** Fixed windows: a key's window opens with its first request and is over after its length. */
function countWindows(window: number, windows: RecentKeys<{ count: number; resetAt: number }>, now: () => number): MemoryCounter {
  return function countInWindow(key, requests = 1) {
    const id = boundedKey(key)
    const time = now()
    const open = windows.get(id, time)
    if (open !== undefined && time < open.resetAt) {
      open.count += requests
      return open
    }
    const opened = { count: requests, resetAt: time + window }
    windows.set(id, opened)
    return opened
  }
}

/** Sliding windows: the times of the requests that were admitted, oldest first, never more than the limit. */
function countSliding({ limit, window }: Limit, logs: RecentKeys<number[]>, now: () => number): MemoryCounter {
  return function countInStretch(key) {
    const id = boundedKey(key)
    const time = now()
    const times = (logs.get(id, time) ?? []).filter((at) => at > time - window)
    const count = times.length + 1
    if (count <= limit) times.push(time)
    logs.set(id, times)
    return { count, resetAt: (times[0] as number) + window }
  }
}
