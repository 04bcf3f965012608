import t from 'tap'
import { isLonger, isShorter } from '../../src/schemas/text-length.ts'

const texts = [
  '',
  'a',
  'ab',
  'abc',
  '😀',
  '😀a',
  '😀😀',
  '😀😀😀',
  'a😀b😀',
  '\ud83d',
  '\ud83d\ud83d',
  '\ude00\ud83d',
  'x'.repeat(20),
]

t.test('characters are counted, not the units of UTF-16', async (t) => {
  for (const text of texts) {
    const characters = [...text].length
    for (const limit of [0, 1, 2, 3, 4, 5, 10, 20, 21, 40]) {
      t.equal(isShorter(text, limit), characters < limit, `${JSON.stringify(text)} has fewer than ${limit}`)
      t.equal(isLonger(text, limit), characters > limit, `${JSON.stringify(text)} has more than ${limit}`)
    }
  }
})
