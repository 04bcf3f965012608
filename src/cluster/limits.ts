import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../clock.ts'
import { createMemoryCounters, type MemoryCounter } from '../services/limiter/memory.ts'
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
}

/** All workers together hold at most this part of what is left of a window. */
const leasedPart = 1 / 16
/** Leases of fewer requests would save less than they cost. */
const leastLease = 8
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
  /** How many requests of a window the workers hold. */
  const leased = new WeakMap<Hits, number>()
  const heldOf = (window: Hits) => leased.get(window) ?? 0

  function lease(window: Hits, key: string, { limit: { limit, sliding }, count }: Counted): number {
    if (sliding === true) return 0
    const requests = Math.floor(((limit - window.count) * leasedPart) / workers)
    if (requests < leastLease) return 0
    count(key, requests)
    leased.set(window, heldOf(window) + requests)
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
      if (refused && heldOf(window) > 0) {
        counted.count(key, -1)
        return settled(window).then(() => answer(known, question, i, found))
      }
      const count = window.count - heldOf(window)
      found.push(count, window.resetAt, wanted === 1 ? lease(window, key, counted) : 0)
      if (refused) break
    }
    return found
  }

  async function settled(window: Hits): Promise<void> {
    const timer = new AbortController()
    await Promise.race([settle(), wait(patience, undefined, timer).catch(() => {})])
    timer.abort()
    leased.delete(window)
    time = systemClock.now()
  }

  function giveBack(known: ReadonlyMap<number, Counted>, [number, key, resetAt, granted, left]: EndedLease): void {
    // A window that is over took its leases along.
    if (time >= resetAt) return
    const { count } = known.get(number) as Counted
    const window = count(key, 0)
    if (window.resetAt !== resetAt) return
    count(key, -left)
    leased.set(window, Math.max(0, heldOf(window) - granted))
  }

  return {
    handlersFor() {
      const known = new Map<number, Counted>()
      const takeBack = (leases: readonly EndedLease[]) => {
        time = systemClock.now()
        for (const lease of leases) giveBack(known, lease)
      }
      return {
        limit: ({ number, limit }) => void known.set(number, { limit, count: counters.counter(limit) }),
        // All workers go over to a generation together, so what one of them needs no more none does.
        retain: (numbers) => counters.retain?.(numbers.map((number) => (known.get(number) as Counted).limit)),
        giveBack: takeBack,
        count({ ended, questions }) {
          takeBack(ended)
          return Promise.all(questions.map((question) => answer(known, question)))
        },
      }
    },
  }
}
