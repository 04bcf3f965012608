import type { Counters, Hits, Limit } from '../services/limiter.ts'
import type { Channel } from './channel.ts'
import type { CountAnswer, CountQuestion, ToPrimary } from './messages.ts'

/**
 * Counts in the primary, for all workers together. The requests that come while one message is on its way share the next: under load each
 * costs a fraction of a message. A primary that is gone counts nothing, like a Redis that is away.
 */
export function createSharedCounters(channel: Channel<ToPrimary>): Counters {
  const numbers = new Map<string, number>()
  let questions: CountQuestion[] = []
  let flushing = false
  let waiting: ((answer: CountAnswer | undefined) => void)[] = []

  async function flush(): Promise<void> {
    while (questions.length > 0) {
      const answered = waiting
      const asked = questions
      questions = []
      waiting = []
      const answers = await channel.ask('count', asked)
      for (let i = 0; i < answered.length; i++) (answered[i] as (typeof waiting)[number])(answers?.[i])
    }
    flushing = false
  }

  function ask(question: CountQuestion, answered: (answer: CountAnswer | undefined) => void): void {
    questions.push(question)
    waiting.push(answered)
    if (flushing) return
    flushing = true
    setImmediate(flush)
  }

  /** Limits of one name and other numbers are several limits here; the primary's counters know what they share. */
  function numberOf(limit: Limit): number {
    const id = JSON.stringify([limit.name, limit.limit, limit.window, limit.sliding])
    const known = numbers.get(id)
    if (known !== undefined) return known
    const number = numbers.size
    numbers.set(id, number)
    channel.tell('limit', { number, limit })
    return number
  }

  return {
    check: async () => ({ healthy: true, latencyMs: 0 }),
    counter(limit) {
      const number = numberOf(limit)
      return function countInPrimary(key) {
        return new Promise((resolve) => ask([number, key], (answer) => resolve(answer && hitAt(answer, 0))))
      }
    },
    jointCounter(limits) {
      const all = limits.map(numberOf)
      return function countAllInPrimary(keys) {
        const question = all.flatMap((number, index) => [number, keys[index] as string])
        return new Promise((resolve) => ask(question, (answer) => resolve(answer && hitsOf(answer))))
      }
    },
    retain: (limits) => channel.tell('retain', limits.map(numberOf)),
  }
}

function hitsOf(answer: CountAnswer): Hits[] {
  const hits: Hits[] = []
  for (let i = 0; i < answer.length; i += 2) hits.push(hitAt(answer, i))
  return hits
}

function hitAt(answer: CountAnswer, index: number): Hits {
  return { count: answer[index] as number, resetAt: answer[index + 1] as number }
}
