import type { Counters, Hits, Limit } from '../services/limiter.ts'
import type { Channel } from './channel.ts'
import type { CountAnswer, CountQuestion, ToPrimary } from './messages.ts'

/**
 * Counts in the primary, for all workers together. The requests that one turn of the event loop brings are counted in one message: under
 * load that costs a fraction of a message for each. A primary that is gone counts nothing, like a Redis that is away.
 */
export function createSharedCounters(channel: Channel<ToPrimary>): Counters {
  const numbers = new Map<string, number>()
  let questions: CountQuestion[] = []
  let waiting: ((answer: CountAnswer | undefined) => void)[] = []

  async function flush(): Promise<void> {
    const answered = waiting
    const asked = questions
    questions = []
    waiting = []
    const answers = await channel.ask('count', asked)
    for (const [index, resolve] of answered.entries()) resolve(answers?.[index])
  }

  function ask(question: CountQuestion): Promise<CountAnswer | undefined> {
    if (questions.push(question) === 1) setImmediate(flush)
    return new Promise((resolve) => waiting.push(resolve))
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
      return async function countInPrimary(key) {
        const answer = await ask([number, key])
        return answer && hitsOf(answer)[0]
      }
    },
    jointCounter(limits) {
      const all = limits.map(numberOf)
      return async function countAllInPrimary(keys) {
        const answer = await ask(all.flatMap((number, index) => [number, keys[index] as string]))
        return answer && hitsOf(answer)
      }
    },
    retain: (limits) => channel.tell('retain', limits.map(numberOf)),
  }
}

function hitsOf(answer: CountAnswer): Hits[] {
  const hits: Hits[] = []
  for (let i = 0; i < answer.length; i += 2) hits.push({ count: answer[i] as number, resetAt: answer[i + 1] as number })
  return hits
}
