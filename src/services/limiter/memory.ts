import { LRUCache } from 'lru-cache'
import { systemClock } from '../../clock.ts'
import type { Counters } from '../limiter.ts'
import { boundedKey } from './key.ts'

/** The most keys that are counted at once; beyond it the one that was quiet for longest is forgotten. */
const mostKeys = 100_000

/**
 * Fixed windows in this process: a key's window opens with its first request and is over after its length. Answers
 * at once, without a promise, and never holds more than so many keys.
 */
export function createMemoryCounters(now = systemClock.now, max = mostKeys): Counters {
  const windows = new LRUCache<string, { count: number; resetAt: number }>({ max })

  return {
    counter({ name, window }) {
      const prefix = `${name}\n`
      return function countInMemory(key) {
        const id = prefix + boundedKey(key)
        const time = now()
        const open = windows.get(id)
        if (open !== undefined && time < open.resetAt) {
          open.count++
          return open
        }
        const opened = { count: 1, resetAt: time + window }
        windows.set(id, opened)
        return opened
      }
    },
  }
}
