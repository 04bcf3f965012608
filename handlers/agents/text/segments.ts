import { pause, type Run } from '../agent.ts'

/** A text cut up as Unicode says (UAX #29). */
export interface Segments {
  sentences: Sentence[]
  /** All words of all sentences, in order. */
  words: string[]
}

export interface Sentence {
  text: string
  words: string[]
}

const sentencesAtOnce = 200

/** Cuts a text into sentences and words; a word has a letter or a digit in it. Reports progress up to `share`. */
export async function segment(text: string, language: string, run: Run, share = 1): Promise<Segments> {
  const bySentence = new Intl.Segmenter(language, { granularity: 'sentence' })
  const byWord = new Intl.Segmenter(language, { granularity: 'word' })
  const sentences: Sentence[] = []
  let seen = 0
  for (const { segment, index } of bySentence.segment(text)) {
    const words = wordsOf(byWord, segment)
    if (words.length > 0) sentences.push({ text: segment.trim().replaceAll(/\s+/g, ' '), words })
    if (++seen % sentencesAtOnce === 0) {
      run.progress((share * index) / text.length, `read ${seen} sentences`)
      await pause(run)
    }
  }
  return { sentences, words: sentences.flatMap((sentence) => sentence.words) }
}

function wordsOf(byWord: Intl.Segmenter, text: string): string[] {
  const words: string[] = []
  for (const { segment, isWordLike } of byWord.segment(text)) if (isWordLike) words.push(segment)
  return words
}
