import { createMemoryCounters } from '../services/limiter/memory.ts'
import type { Counter, Hits, Limit } from '../services/limiter.ts'
import type { Handlers } from './channel.ts'
import type { CountAnswer, CountQuestion, ToPrimary } from './messages.ts'

/** The counts of all workers' limits, kept in the primary. */
export interface SharedLimits {
  /** What is done with the messages of one worker. */
  handlersFor(): Pick<Handlers<ToPrimary>, 'limit' | 'retain' | 'count'>
}

interface Counted {
  readonly limit: Limit
  readonly count: Counter
}

export function keepSharedLimits(): SharedLimits {
  const counters = createMemoryCounters()
  return {
    handlersFor() {
      const known = new Map<number, Counted>()
      return {
        limit: ({ number, limit }) => void known.set(number, { limit, count: counters.counter(limit) }),
        // All workers go over to a generation together, so what one of them needs no more none does.
        retain: (numbers) => counters.retain?.(numbers.map((number) => (known.get(number) as Counted).limit)),
        count: (questions) => questions.map((question) => answer(known, question)),
      }
    },
  }
}

function answer(known: ReadonlyMap<number, Counted>, question: CountQuestion): CountAnswer {
  const found: CountAnswer = []
  for (let i = 0; i < question.length; i += 2) {
    const { limit, count } = known.get(question[i] as number) as Counted
    // Counters in memory answer at once.
    const hits = count(question[i + 1] as string) as Hits
    found.push(hits.count, hits.resetAt)
    if (hits.count > limit.limit) break
  }
  return found
}
