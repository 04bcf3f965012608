import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../clock.ts'
import { createMemoryCounters, type MemoryCounter } from '../services/limiter/memory.ts'
import { createRecentKeys, type RecentKeys } from '../services/limiter/recent-keys.ts'
import type { Hits, Limit } from '../services/limiter.ts'
import type { Handlers } from './channel.ts'
import type { CountAnswer, CountQuestion, EndedLease, ToPrimary } from './messages.ts'

/** The counts of all workers' limits, kept in the primary. */
export interface SharedLimits {
  /** What is done with the messages of one worker. */
  handlersFor(): Pick<Handlers<ToPrimary>, 'limit' | 'retain' | 'count' | 'giveBack'>
}

interface Counted {
  readonly limit: Limit
  readonly count: MemoryCounter
  /** How many requests the workers hold, by key. */
  readonly leased: RecentKeys<Leased>
}

/** Requests of the window that ends at `resetAt`. */
interface Leased {
  requests: number
  readonly resetAt: number
}

/** All workers together hold at most this part of what is left of a window. */
const leasedPart = 1 / 16
/** Leases of fewer requests would save less than they cost. */
const leastLease = 8
/** Keys of a limit that come to have leases before those of quieter ones are taken for used. */
const mostLeased = 100_000
/** Milliseconds to wait for a worker that is told to settle: one that is busy for longer may be stuck. */
const patience = 1000

/**
 * A worker that is asked much about a key gets a lease: requests that it may admit by itself, counted in advance. So no more than the
 * limit are ever admitted. Before a request is refused the workers give back what they have not used (`settle`), so that none is
 * refused while another worker could admit it; what a worker holds that dies or does not answer counts as used.
 */
export function keepSharedLimits(workers: number, settle: () => Promise<unknown>): SharedLimits {
  // All of a message has one time: between two looks at a clock a window could end.
  let time = 0
  const counters = createMemoryCounters(() => time)
  /** Limits of several generations and workers that share their counts share these too. */
  const leases = new Map<string, RecentKeys<Leased>>()

  function counted(limit: Limit): Counted {
    const name = leaseName(limit)
    const leased = leases.get(name) ?? createRecentKeys<Leased>(limit.window, mostLeased, () => {})
    leases.set(name, leased)
    return { limit, count: counters.counter(limit), leased }
  }

  function leaseOf({ leased }: Counted, key: string, { resetAt }: Hits): Leased | undefined {
    const lease = leased.get(key, time)
    return lease?.resetAt === resetAt ? lease : undefined
  }

  function lease(counted: Counted, key: string, window: Hits): number {
    const { limit, sliding } = counted.limit
    if (sliding === true) return 0
    const requests = Math.floor(((limit - window.count) * leasedPart) / workers)
    if (requests < leastLease) return 0
    counted.count(key, requests)
    const held = leaseOf(counted, key, window)
    if (held === undefined) counted.leased.set(key, { requests, resetAt: window.resetAt })
    else held.requests += requests
    return requests
  }

  /** Continues with the limit that stands at `start`; `found` is what was counted before. */
  function answer(
    known: ReadonlyMap<number, Counted>,
    question: CountQuestion,
    start = 0,
    found: CountAnswer = [],
  ): CountAnswer | Promise<CountAnswer> {
    for (let i = start; i < question.length; i += 3) {
      const [number, key, wanted] = question.slice(i, i + 3) as [number, string, number]
      const counted = known.get(number) as Counted
      const window = counted.count(key)
      const refused = window.count > counted.limit.limit
      const held = leaseOf(counted, key, window)
      if (refused && held !== undefined && held.requests > 0) {
        counted.count(key, -1)
        return settled(held).then(() => answer(known, question, i, found))
      }
      const count = window.count - (held?.requests ?? 0)
      found.push(count, window.resetAt, wanted === 1 ? lease(counted, key, window) : 0)
      if (refused) break
    }
    return found
  }

  async function settled(held: Leased): Promise<void> {
    const timer = new AbortController()
    await Promise.race([settle(), wait(patience, undefined, timer).catch(() => {})])
    timer.abort()
    held.requests = 0
    time = systemClock.now()
  }

  function giveBack(known: ReadonlyMap<number, Counted>, [number, key, resetAt, granted, left]: EndedLease): void {
    // A window that is over took its leases along.
    if (time >= resetAt) return
    const counted = known.get(number) as Counted
    const window = counted.count(key, 0)
    if (window.resetAt !== resetAt) return
    counted.count(key, -left)
    const held = leaseOf(counted, key, window)
    if (held !== undefined) held.requests = Math.max(0, held.requests - granted)
  }

  return {
    handlersFor() {
      const known = new Map<number, Counted>()
      const takeBack = (leases: readonly EndedLease[]) => {
        time = systemClock.now()
        for (const lease of leases) giveBack(known, lease)
      }
      return {
        limit: ({ number, limit }) => void known.set(number, counted(limit)),
        // All workers go over to a generation together, so what one of them needs no more none does.
        retain(numbers) {
          const limits = numbers.map((number) => (known.get(number) as Counted).limit)
          counters.retain?.(limits)
          const names = new Set(limits.map(leaseName))
          for (const name of leases.keys()) if (!names.has(name)) leases.delete(name)
        },
        giveBack: takeBack,
        count({ ended, questions }) {
          takeBack(ended)
          return Promise.all(questions.map((question) => answer(known, question)))
        },
      }
    },
  }
}

function leaseName({ name, window }: Limit): string {
  return `${name}\n${window}`
}
