import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Handler } from '../gatefold.ts'

/** Words that are counted between two reports of progress. */
const batch = 10_000

/** POST /reports, as a task: it says how far it is, and stops when it is cancelled. */
export const createReport: Handler<'createReport'> = async ({ body }, { progress, signal, log }) => {
  const words = body.text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  log.info({ words: words.length }, 'counting')
  const counts = new Map<string, number>()
  for (const [index, word] of words.entries()) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
    if ((index + 1) % batch > 0 && index + 1 < words.length) continue
    progress((index + 1) / words.length, `${index + 1} words`)
    await nextTurn()
    signal.throwIfAborted()
  }
  const most = [...counts].map(([word, count]) => ({ word, count })).sort((a, b) => b.count - a.count)
  return { words: words.length, most_frequent: most.slice(0, 10) }
}
