import type { Segments } from './segments.ts'
import { isStopWord } from './stop-words.ts'

export interface Keyword {
  phrase: string
  /** Higher is more telling; comparable within one text only. */
  score: number
  count: number
}

const longestPhrase = 4

/**
 * Keywords by RAKE (Rose et al., 2010): stop words and the ends of sentences cut the text into phrases; a word scores the number of words that
 * it stands together with, by how often it stands; a phrase scores the sum of its words, here times how often it stands.
 */
export function keywords({ sentences }: Segments, limit: number): Keyword[] {
  const phrases = new Map<string, { words: string[]; count: number }>()
  const frequency = new Map<string, number>()
  const degree = new Map<string, number>()
  for (const words of sentences.flatMap((sentence) => phrasesOf(sentence.words))) {
    const phrase = words.join(' ')
    const known = phrases.get(phrase)
    if (known === undefined) phrases.set(phrase, { words, count: 1 })
    else known.count++
    for (const word of words) {
      frequency.set(word, (frequency.get(word) ?? 0) + 1)
      degree.set(word, (degree.get(word) ?? 0) + words.length)
    }
  }
  const scoreOf = (word: string) => degree.get(word)! / frequency.get(word)!
  return [...phrases]
    .map(([phrase, { words, count }]) => {
      const score = count * words.reduce((sum, word) => sum + scoreOf(word), 0)
      return { phrase, score: Math.round(score * 100) / 100, count }
    })
    .sort((a, b) => b.score - a.score || b.count - a.count || (a.phrase < b.phrase ? -1 : 1))
    .slice(0, limit)
}

/** The runs of telling words in a sentence; long runs are cut, since nobody names a thing by ten words. */
function phrasesOf(words: readonly string[]): string[][] {
  const phrases: string[][] = []
  let current: string[] = []
  for (const word of words.map((word) => word.toLowerCase())) {
    const telling = !isStopWord(word) && word.length > 2 && !/^\d/.test(word)
    if (telling) current.push(word)
    if ((!telling || current.length === longestPhrase) && current.length > 0) {
      phrases.push(current)
      current = []
    }
  }
  return current.length > 0 ? [...phrases, current] : phrases
}
