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

const wordsAtOnce = 2_000

/** Cuts a text into sentences and words; a word has a letter or a digit in it. Reports progress, and lets others have a turn. */
export async function segment(text: string, language: string, run: Run): Promise<Segments> {
  const bySentence = new Intl.Segmenter(language, { granularity: 'sentence' })
  const byWord = new Intl.Segmenter(language, { granularity: 'word' })
  const sentences: Sentence[] = []
  let pieces = 0
  for (const { segment: sentence, index: start } of bySentence.segment(text)) {
    const words: string[] = []
    for (const { segment: piece, index, isWordLike } of byWord.segment(sentence)) {
      if (isWordLike) words.push(piece)
      if (++pieces % wordsAtOnce > 0) continue
      run.progress((start + index) / text.length, `read ${start + index} characters`)
      await pause(run)
    }
    if (words.length > 0) sentences.push({ text: sentence.trim().replaceAll(/\s+/g, ' '), words })
  }
  return { sentences, words: sentences.flatMap((sentence) => sentence.words) }
}
