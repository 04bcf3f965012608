import t from 'tap'
import { readEnvironment } from '../../src/config/environment.ts'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { formatDiagnostics, formats } from '../../src/documents/format.ts'

t.test('the real environment wins over .env', async (t) => {
  const directory = t.testdir({ '.env': 'A=file\nB="file b"\n# C=no\n' })
  t.same(readEnvironment(directory, { A: 'real' }, new Diagnostics()), { A: 'real', B: 'file b' })
})

t.test('without .env there is only the real one', async (t) => {
  t.same(readEnvironment(t.testdir({}), { A: 'real' }, new Diagnostics()), { A: 'real' })
})

t.test('a .env that is no text is reported', async (t) => {
  const diagnostics = new Diagnostics()
  t.same(readEnvironment(t.testdir({ '.env': {} }), { A: 'real' }, diagnostics), { A: 'real' })
  t.match(diagnostics.all, [{ code: 'not-a-file' }])
})

t.test('a line of .env that sets nothing is named, and never repeated', async (t) => {
  const diagnostics = new Diagnostics()
  const text = [
    '# comment',
    'PAGE_LIMIT: 30',
    '',
    'FOO BAR',
    '  export A=1',
    'B = x',
    'KEY="-----BEGIN',
    'hunter2',
    'C: 1"',
    "D='not closed",
    'my.own-name=1\r',
    'E:"hunter2"',
    'F G=hunter2',
  ].join('\n')
  const read = readEnvironment(t.testdir({ '.env': text }), {}, diagnostics)
  t.match(read, { A: '1', B: 'x', KEY: '-----BEGIN\nhunter2\nC: 1', D: "'not closed" })
  t.match(diagnostics.all, [
    { severity: 'warning', code: 'invalid-env-line', at: { file: '.env', line: 2 }, hint: 'Write PAGE_LIMIT=value.' },
    { at: { line: 4 }, hint: 'Write NAME=value.' },
    { at: { line: 12 }, hint: 'Write E=value.' },
    { at: { line: 13 } },
  ])
  t.equal(diagnostics.all.length, 4)
  for (const format of formats) {
    const shown = formatDiagnostics(diagnostics.all, format, { sourceOf: () => text })
    t.match(shown, /PAGE_LIMIT/)
    t.notMatch(shown, /hunter2|30|BAR/, format)
  }
})
