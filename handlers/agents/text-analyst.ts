import { Type } from 'typebox'
import { type Agent, AgentFailure, defineTask } from './agent.ts'
import { keywords } from './text/keywords.ts'
import { readability } from './text/readability.ts'
import { type Segments, segment } from './text/segments.ts'
import { sentiment } from './text/sentiment.ts'
import { summarize } from './text/summary.ts'

const text = Type.String({ minLength: 1, maxLength: 500_000, description: 'The text to look at.' })
const TextOnly = Type.Object({ text }, { additionalProperties: false })

/** How fast adults read English silently, in words a minute (Brysbaert, 2019). */
const readingSpeed = 238

export const textAnalyst: Agent = {
  name: 'text_analyst',
  description: 'Looks at a text: its measures, how hard it is to read, its keywords, its tone, its main sentences.',
  tasks: {
    statistics: defineTask({
      description: 'Counts characters, words, sentences and paragraphs, in any language.',
      parameters: Type.Object(
        {
          text,
          language: Type.String({ pattern: '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$', default: 'en', description: 'BCP 47 tag.' }),
        },
        { additionalProperties: false },
      ),
      run: async ({ text, language }, run) => statistics(text, await segment(text, language, run)),
    }),
    readability: defineTask({
      description: 'Flesch reading ease and Flesch-Kincaid grade of an English text.',
      parameters: TextOnly,
      run: async ({ text }, run) => readability(await segment(text, 'en', run)) ?? nothingToRead(),
    }),
    keywords: defineTask({
      description: 'The most telling phrases of an English text (RAKE).',
      parameters: Type.Object(
        { text, limit: Type.Integer({ minimum: 1, maximum: 100, default: 10, description: 'How many at most.' }) },
        { additionalProperties: false },
      ),
      run: async ({ text, limit }, run) => ({ keywords: keywords(await segment(text, 'en', run), limit) }),
    }),
    sentiment: defineTask({
      description: 'The tone of an English text, by a small lexicon with negation; no model, no irony.',
      parameters: TextOnly,
      run: async ({ text }, run) => sentiment(await segment(text, 'en', run)),
    }),
    summarize: defineTask({
      description: "The sentences that carry most of an English text's words, in their order.",
      parameters: Type.Object(
        { text, sentences: Type.Integer({ minimum: 1, maximum: 50, default: 3, description: 'How many sentences.' }) },
        { additionalProperties: false },
      ),
      run: async ({ text, sentences }, run) => {
        const all = await segment(text, 'en', run)
        const chosen = summarize(all, sentences).map((sentence) => sentence.text)
        return { summary: chosen.join(' '), sentences: chosen, of: all.sentences.length }
      },
    }),
  },
}

function statistics(text: string, { sentences, words }: Segments) {
  const characters = [...text].length
  const letters = words.reduce((sum, word) => sum + word.length, 0)
  const mean = (total: number, count: number) => (count === 0 ? 0 : Math.round((total / count) * 100) / 100)
  return {
    characters,
    characters_without_spaces: [...text.replaceAll(/\s/g, '')].length,
    words: words.length,
    distinct_words: new Set(words.map((word) => word.toLowerCase())).size,
    sentences: sentences.length,
    paragraphs: text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '').length,
    mean_word_length: mean(letters, words.length),
    mean_sentence_length: mean(words.length, sentences.length),
    reading_seconds: Math.round((words.length / readingSpeed) * 60),
  }
}

function nothingToRead(): never {
  throw new AgentFailure('the text has no words')
}
