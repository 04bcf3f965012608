import t from 'tap'
import type { Diagnostic } from '../../src/documents/diagnostics.ts'
import { formatDiagnostics } from '../../src/documents/format.ts'

const findings: Diagnostic[] = [
  { severity: 'error', code: 'missing-file', message: 'the file "a" does not exist' },
  {
    severity: 'warning',
    code: 'wrong-value',
    message: '100% of "x,y:\nz"',
    at: { file: 'a:b,c.yaml', line: 2, column: 3, endColumn: 5 },
    hint: 'Write z.',
  },
]

t.test('json has one object for each finding', async (t) => {
  t.same(JSON.parse(formatDiagnostics(findings, 'json')), [
    { severity: 'error', code: 'missing-file', message: 'the file "a" does not exist' },
    {
      severity: 'warning',
      code: 'wrong-value',
      message: '100% of "x,y:\nz"',
      file: 'a:b,c.yaml',
      line: 2,
      column: 3,
      end_column: 5,
      hint: 'Write z.',
    },
  ])
  t.equal(formatDiagnostics([], 'json'), '[]\n')
})

t.test('github escapes what its commands are made of', async (t) => {
  t.equal(
    formatDiagnostics(findings, 'github'),
    '::error title=missing-file::the file "a" does not exist\n' +
      '::warning file=a%3Ab%2Cc.yaml,line=2,endLine=2,col=3,endColumn=5,title=wrong-value::100%25 of "x,y:%0Az"%0AWrite z.\n',
  )
})

t.test('pretty has colours only when asked, and says nothing about nothing', async (t) => {
  t.equal(formatDiagnostics([], 'pretty'), '')
  t.notMatch(formatDiagnostics(findings, 'pretty'), '\u001b')
  t.match(formatDiagnostics(findings, 'pretty', { colors: true }), '\u001b[31m')
  t.match(formatDiagnostics(findings, 'pretty'), '1 error, 1 warning\n')
})

t.test('of one kind so many are shown to people, and all of them to programs', async (t) => {
  const many = Array.from({ length: 30 }, (_, index): Diagnostic => {
    return {
      severity: 'warning',
      code: 'unknown-format',
      message: `number ${index}`,
      at: { file: 'f', line: index + 1, column: 1 },
    }
  })
  const all = [...many, ...findings]
  const text = formatDiagnostics(all, 'pretty')
  t.match(text, 'number 9 [unknown-format]\n\n… and 20 more like this [unknown-format]\n\nerror the file')
  t.notMatch(text, 'number 10')
  t.match(text, '1 error, 31 warnings; --format json lists all of them\n')
  t.equal(JSON.parse(formatDiagnostics(all, 'json')).length, 32)
  t.equal(formatDiagnostics(all, 'github').trim().split('\n').length, 32)
})

t.test('a long line is cut around what is marked', async (t) => {
  const source = `first\n${'x'.repeat(5000)}HERE${'y'.repeat(5000)}\nlast`
  const text = formatDiagnostics(
    [{ severity: 'error', code: 'missing-key', message: 'm', at: { file: 'f', line: 2, column: 5001, endColumn: 5005 } }],
    'pretty',
    { sourceOf: () => source },
  )
  const [, shown = '', marks = ''] = text.split('\n')
  t.equal(shown.indexOf('HERE'), marks.indexOf('^^^^'))
  t.ok(shown.length < 140)
})
