import t from 'tap'
import { countSyllables } from '../../../handlers/agents/text/readability.ts'
import { textAnalyst } from '../../../handlers/agents/text-analyst.ts'
import { runTask } from './run-task.ts'

t.test('statistics count what is there', async (t) => {
  const text = "Dr. Who isn't here — is he?  Über 3.5 km away!\n\nA new paragraph 👩‍👩‍👧."
  t.same(await runTask(textAnalyst, 'statistics', { text }), {
    characters: [...text].length,
    characters_without_spaces: [...text.replaceAll(/\s/g, '')].length,
    words: 13,
    distinct_words: 13,
    sentences: 4,
    paragraphs: 2,
    mean_word_length: 3.38,
    mean_sentence_length: 3.25,
    reading_seconds: 3,
  })
  t.match(await runTask(textAnalyst, 'statistics', { text: ' \n ' }), {
    words: 0,
    sentences: 0,
    paragraphs: 0,
    mean_word_length: 0,
  })
  t.match(await runTask(textAnalyst, 'statistics', { text: '我喜歡喝茶。你呢?', language: 'zh' }), { sentences: 2 })
})

t.test('syllables', async (t) => {
  const expected = {
    cat: 1,
    table: 2,
    make: 1,
    reading: 2,
    banana: 3,
    jumped: 1,
    wanted: 2,
    boxes: 2,
    beautiful: 3,
    rhythm: 1,
    the: 1,
    x: 1,
  }
  t.same(Object.fromEntries(Object.keys(expected).map((word) => [word, countSyllables(word)])), expected)
})

t.test('readability by Flesch', async (t) => {
  const easy = await runTask(textAnalyst, 'readability', { text: 'The cat sat on the mat. The dog ran to the cat.' })
  t.match(easy, {
    flesch_reading_ease: 116.15,
    flesch_kincaid_grade: -1.45,
    level: 'very easy',
    words_per_sentence: 6,
    syllables_per_word: 1,
  })
  const hard = await runTask(textAnalyst, 'readability', {
    text: 'Notwithstanding considerable methodological heterogeneity, epidemiological investigations demonstrate statistically significant associations.',
  })
  t.equal(hard.level, 'very difficult')
  await t.rejects(runTask(textAnalyst, 'readability', { text: '… !' }), { message: 'the text has no words' })
})

t.test('keywords are the phrases between stop words', async (t) => {
  const text =
    'The compressed pipeline is fast. A compressed pipeline is small and the rate limit is shared. The compressed pipeline wins.'
  const { keywords } = await runTask(textAnalyst, 'keywords', { text, limit: 3 })
  t.match(keywords[0], { phrase: 'compressed pipeline', count: 2 })
  t.equal(keywords.length, 3)
  t.same(await runTask(textAnalyst, 'keywords', { text: 'It is what it is.' }), { keywords: [] })
})

t.test('tone, with negation and boosters', async (t) => {
  const label = async (text: string) => (await runTask(textAnalyst, 'sentiment', { text })).label
  t.equal(await label('I love this wonderful tool.'), 'positive')
  t.equal(await label('This is not good, it is broken and slow.'), 'negative')
  t.equal(await label('Good start, bad end.'), 'mixed')
  t.equal(await label('The meeting is on Monday.'), 'neutral')
  const { score, matches } = await runTask(textAnalyst, 'sentiment', { text: 'Not bad. Really bad.' })
  t.equal(score, -0.33)
  t.same(matches, { positive: { bad: 1 }, negative: { bad: 1 } })
})

t.test('a summary keeps the order of the text', async (t) => {
  const text = [
    'Gateways check every request against the document.',
    'Lunch was fine.',
    'The document says which request every gateway must check and which it must refuse.',
    'Someone laughed.',
  ].join(' ')
  const { sentences, summary, of } = await runTask(textAnalyst, 'summarize', { text, sentences: 2 })
  t.same(sentences, [
    'Gateways check every request against the document.',
    'The document says which request every gateway must check and which it must refuse.',
  ])
  t.equal(summary, sentences.join(' '))
  t.equal(of, 4)
})

t.test('a long text reports progress and stops when it is cancelled', async (t) => {
  const text = 'Some words stand here. '.repeat(3_000)
  const reports: number[] = []
  await runTask(textAnalyst, 'statistics', { text }, { progress: (fraction) => reports.push(fraction) })
  t.ok(reports.length >= 10 && reports.every((fraction) => fraction >= 0 && fraction <= 1))
  const abort = new AbortController()
  await t.rejects(runTask(textAnalyst, 'keywords', { text }, { signal: abort.signal, progress: () => abort.abort() }), {
    name: 'AbortError',
  })
})
