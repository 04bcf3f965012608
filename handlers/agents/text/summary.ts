import type { Segments, Sentence } from './segments.ts'
import { isStopWord } from './stop-words.ts'

/**
 * The sentences that say most of what the text says (Luhn, 1958): a sentence scores the mean frequency of its telling words. In the
 * order of the text.
 */
export function summarize({ sentences, words }: Segments, count: number): Sentence[] {
  const frequency = new Map<string, number>()
  for (const word of words.map((word) => word.toLowerCase())) {
    if (!isStopWord(word)) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  }
  const scored = sentences.map((sentence, index) => ({ sentence, index, score: score(sentence, frequency) }))
  const best = scored.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, count)
  return best.sort((a, b) => a.index - b.index).map(({ sentence }) => sentence)
}

/** A sentence of one frequent word tells little: short ones are weighed as if they had eight telling words. */
const fullLength = 8

function score({ words }: Sentence, frequency: ReadonlyMap<string, number>): number {
  const telling = words.map((word) => frequency.get(word.toLowerCase())).filter((count) => count !== undefined)
  return telling.reduce((sum, count) => sum + count, 0) / Math.max(telling.length, fullLength)
}
