import { systemClock } from '../../clock.ts'
import type { Counters, Hits, Limit } from '../limiter.ts'
import { boundedKey } from './key.ts'
import { createRecentKeys, type RecentKeys } from './recent-keys.ts'
import { createWindowTable } from './window-table.ts'

/** Counts one request, or as many as are said: less than none takes back what was counted. */
export type MemoryCounter = (key: string, requests?: number) => Hits

export interface MemoryCounters extends Counters {
  counter(limit: Limit): MemoryCounter
}

/** The most keys that are counted at once, all limits together; about 45 bytes each, and those of sliding limits some 150. */
const mostKeys = 1_000_000
/** The most of one sliding limit that come up before older ones are let go: a larger table would hold the process up for long as it grows. */
const generation = 131_072

/** What is kept of the keys of one limit. */
interface Table {
  readonly size: number
  forget(): void
}

/**
 * Counts in this process. Answers at once, without a promise. Each limit keeps its own keys, and when there are too many the limit
 * with the most forgets those that matter least: whoever floods one limit with keys of his making cannot make another forget what it
 * has counted of him.
 */
export function createMemoryCounters(now = systemClock.now, max = mostKeys): MemoryCounters {
  const tables = new Map<string, Table>()

  /** What was counted for a limit stays when its number changes; another length of its windows begins anew. */
  function table<Kind extends Table>(limit: Limit, create: () => Kind): Kind {
    const name = tableName(limit)
    const known = tables.get(name) as Kind | undefined
    if (known !== undefined) return known
    const created = create()
    tables.set(name, created)
    return created
  }

  function makeRoom(): void {
    const all = [...tables.values()]
    while (all.reduce((sum, { size }) => sum + size, 0) > max)
      all.reduce((most, keys) => (keys.size > most.size ? keys : most)).forget()
  }

  /** Fixed windows: a key's window opens with its first request and is over after its length. */
  function windowCounter(limit: Limit): MemoryCounter {
    const windows = table(limit, () => createWindowTable(limit.window, makeRoom))
    return (key, requests = 1) => windows.count(boundedKey(key), requests, now())
  }

  function slidingCounter(limit: Limit): MemoryCounter {
    const create = () => createRecentKeys<number[]>(limit.window, Math.min(generation, max / 2), makeRoom)
    return countSliding(limit, table(limit, create), now)
  }

  return {
    check: async () => ({ healthy: true, latencyMs: 0 }),
    counter: (limit) => (limit.sliding === true ? slidingCounter(limit) : windowCounter(limit)),
    retain(limits) {
      const names = new Set(limits.map(tableName))
      for (const name of tables.keys()) if (!names.has(name)) tables.delete(name)
    },
  }
}

function tableName({ name, window, sliding = false }: Limit): string {
  return `${name}\n${window}\n${sliding}`
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
