import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../clock.ts'
import { boundedKey } from '../services/limiter/key.ts'
import type { Counters, Hits, Limit } from '../services/limiter.ts'
import type { Channel } from './channel.ts'
import { createLeases, type Leases } from './leases.ts'
import type { CountAnswer, CountQuestion, EndedLease, ToPrimary } from './messages.ts'

export interface SharedCounters extends Counters {
  /** Gives all leases back. */
  settle(): Promise<void>
}

/** One limit of this worker, by the number under which the primary knows it. */
interface Shared {
  readonly number: number
  readonly leases: Leases
}

/** A key of a limit that the primary is asked for. */
interface Asked extends Shared {
  readonly key: string
}

/** Milliseconds after which leases are given back: as old is what a worker knows of the others at most. */
const period = 1000

/**
 * Counts in the primary, for all workers together: keys that are asked for often by leases, any other by a question. The requests that
 * come while one message is on its way share the next. A primary that is gone counts nothing, like a Redis that is away.
 */
export function createSharedCounters(channel: Channel<ToPrimary>): SharedCounters {
  const shared = new Map<string, Shared>()
  let ended: EndedLease[] = []
  let questions: CountQuestion[] = []
  let waiting: ((answer: CountAnswer | undefined) => void)[] = []
  let flushing = false
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    while (questions.length > 0) {
      const answered = waiting
      const said = { ended, questions }
      ended = []
      questions = []
      waiting = []
      const answers = await channel.ask('count', said)
      for (let i = 0; i < answered.length; i++) (answered[i] as (typeof waiting)[number])(answers?.[i])
    }
    flushing = false
  }

  function send(question: CountQuestion): Promise<CountAnswer | undefined> {
    return new Promise((resolve) => {
      questions.push(question)
      waiting.push(resolve)
      if (flushing) return
      flushing = true
      setImmediate(flush)
    })
  }

  async function ask(limits: readonly Asked[]): Promise<Hits[] | undefined> {
    // The first is the one that could not be taken; the others were not tried.
    const answer = await send(
      limits.flatMap(({ number, key, leases }, index) => [number, key, Number(index === 0 && leases.wants(key))]),
    )
    timer ??= setTimeout(endLeases, period)
    return answer && hitsOf(limits, answer)
  }

  function endLeases(): void {
    clearTimeout(timer)
    timer = undefined
    for (const { leases } of shared.values()) leases.end()
    if (ended.length > 0) channel.tell('giveBack', ended)
    ended = []
  }

  /** Limits of one name and other numbers are several limits here; the primary's counters know what they share. */
  function share(limit: Limit): Shared {
    const id = JSON.stringify([limit.name, limit.limit, limit.window, limit.sliding])
    const known = shared.get(id)
    if (known !== undefined) return known
    const number = shared.size
    const added = {
      number,
      leases: createLeases(
        systemClock.now,
        (key, { resetAt, granted, left }) => void ended.push([number, key, resetAt, granted, left]),
      ),
    }
    shared.set(id, added)
    channel.tell('limit', { number, limit })
    return added
  }

  return {
    check: async () => ({ healthy: true, latencyMs: 0 }),
    counter(limit) {
      const { number, leases } = share(limit)
      return function countShared(name) {
        const key = boundedKey(name)
        return leases.take(key) ?? ask([{ number, leases, key }]).then((hits) => hits?.[0])
      }
    },
    jointCounter(limits) {
      const all = limits.map(share)
      return async function countAllShared(names) {
        const asked = all.map((limit, index) => ({ ...limit, key: boundedKey(names[index] as string) }))
        const taken: Hits[] = []
        while (taken.length < asked.length) {
          const { leases, key } = asked[taken.length] as Asked
          const hits = leases.take(key)
          if (hits === undefined) break
          taken.push({ ...hits })
        }
        if (taken.length === asked.length) return taken
        const counted = await ask(asked.slice(taken.length))
        return counted && [...taken, ...counted]
      }
    },
    retain: (limits) =>
      channel.tell(
        'retain',
        limits.map((limit) => share(limit).number),
      ),
    async settle() {
      // Leases that came before this was asked for may be granted in this turn yet.
      await turn()
      endLeases()
    },
  }
}

/** What was counted of the limits that were asked for, up to the first that refused. */
function hitsOf(limits: readonly Asked[], answer: CountAnswer): Hits[] {
  const counted: Hits[] = []
  for (let i = 0; i < answer.length; i += 3) {
    const [count, resetAt, granted] = answer.slice(i, i + 3) as [number, number, number]
    const { leases, key } = limits[i / 3] as Asked
    if (granted > 0) leases.grant(key, { count, resetAt }, granted)
    counted.push({ count, resetAt })
  }
  return counted
}
