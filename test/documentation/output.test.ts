import t from 'tap'
import { difference } from './output.ts'

t.test('what is printed is what was promised', async (t) => {
  t.equal(difference('a\nb\n', 'a  \r\nb\n'), undefined)
  t.equal(difference('at …:8, (x)', 'at 12:8, (x)'), undefined)
  t.equal(difference('a\n…\nd', 'a\nb\nc\nd'), undefined)
  t.equal(difference('a\n…', 'a\nb'), undefined)
  t.equal(difference('', ''), undefined)
})

t.test('what differs is named', async (t) => {
  t.equal(difference('a', 'b'), 'promised: a\n printed: b')
  t.equal(difference('a\nb', 'a'), 'not printed: b')
  t.equal(difference('a', 'a\nb'), 'printed, but not promised: b')
  t.equal(difference('a\n…\nz', 'a\nb'), 'nothing printed matches: z')
  t.equal(difference('', 'a'), 'printed, but not promised: a')
  t.equal(difference('a.b', 'axb'), 'promised: a.b\n printed: axb')
})
