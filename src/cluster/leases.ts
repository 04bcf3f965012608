import type { Hits } from '../services/limiter.ts'

/** What a worker may admit in the window of a key without asking the primary. */
export interface Leases {
  /** Counts a request on the lease of a key; undefined when the primary has to be asked. */
  take(key: string): Hits | undefined
  /** Whether the request that was not taken is to bring a lease along. */
  wants(key: string): boolean
  /** A lease of `requests` more than those that are counted. */
  grant(key: string, counted: Hits, requests: number): void
  /** Ends all leases, for which `ended` is called. */
  end(): void
}

/** The lease of a key in the window that ends at `resetAt`: `granted` requests, `left` of which are not used yet. */
interface Lease {
  resetAt: number
  granted: number
  left: number
}

interface Key extends Lease {
  count: number
  /** Requests since leases were last ended. */
  requests: number
}

/**
 * The leases of one limit. A key gets one when it is asked for a second time before leases are ended, and from then on at once, until it
 * is asked for less. So those of callers that come now and then are not carried back and forth.
 */
export function createLeases(now: () => number, ended: (key: string, lease: Lease) => void): Leases {
  const keys = new Map<string, Key>()

  function add(key: string, requests: number): Key {
    const added = { count: 0, resetAt: 0, granted: 0, left: 0, requests }
    keys.set(key, added)
    return added
  }

  return {
    take(key) {
      const known = keys.get(key)
      if (known === undefined) return void add(key, 1)
      known.requests++
      if (known.left > 0 && now() < known.resetAt) {
        known.left--
        known.count++
        return known
      }
      if (known.granted > 0) {
        ended(key, known)
        add(key, 2)
      }
      return undefined
    },
    wants: (key) => keys.get(key)?.requests === 2,
    grant(key, { count, resetAt }, requests) {
      // Leases may have been ended while this one was on its way.
      const known = keys.get(key) ?? add(key, 0)
      if (known.resetAt !== resetAt) known.granted = known.left = 0
      known.granted += requests
      known.left += requests
      known.count = count
      known.resetAt = resetAt
    },
    end() {
      for (const [key, known] of keys) {
        if (known.granted > 0) ended(key, known)
        if (known.requests > 2) add(key, 1)
        else keys.delete(key)
      }
    },
  }
}
