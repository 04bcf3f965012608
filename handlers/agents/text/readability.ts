import type { Segments } from './segments.ts'

/**
 * Flesch reading ease and Flesch-Kincaid grade (Kincaid et al., 1975). Both are fitted to English; undefined without any word.
 */
export function readability({ sentences, words }: Segments) {
  if (words.length === 0) return undefined
  const syllables = words.reduce((sum, word) => sum + countSyllables(word), 0)
  const wordsPerSentence = words.length / sentences.length
  const syllablesPerWord = syllables / words.length
  const ease = 206.835 - 1.015 * wordsPerSentence - 84.6 * syllablesPerWord
  return {
    flesch_reading_ease: round(ease),
    flesch_kincaid_grade: round(0.39 * wordsPerSentence + 11.8 * syllablesPerWord - 15.59),
    level: levels.find(([least]) => ease >= least)![1],
    syllables,
    words_per_sentence: round(wordsPerSentence),
    syllables_per_word: round(syllablesPerWord),
  }
}

const levels: readonly (readonly [least: number, name: string])[] = [
  [90, 'very easy'],
  [80, 'easy'],
  [70, 'fairly easy'],
  [60, 'plain'],
  [50, 'fairly difficult'],
  [30, 'difficult'],
  [Number.NEGATIVE_INFINITY, 'very difficult'],
]

/** Syllables of an English word, by its groups of vowels; right for most words, and close for the rest. */
export function countSyllables(word: string): number {
  const letters = word.toLowerCase().replaceAll(/[^a-z]/g, '')
  // A final e is silent (make), except after a consonant and l (table); so is that of -ed and -es after most consonants.
  const spoken = letters.replace(/(?<![aeiouyl])e$|(?<=[aeiouy])le$|(?<![td])ed$|(?<![sxz]|ch|sh|[cg])es$/, '')
  return Math.max(1, (spoken.match(/[aeiouy]+/g) ?? []).length)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
