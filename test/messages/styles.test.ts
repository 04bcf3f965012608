import t from 'tap'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { asIs, decodeForm, decodePercent } from '../../src/messages/percent.ts'
import { shapeOf } from '../../src/messages/shape.ts'
import { delimitedStyle, labelStyle, Misfit, matrixStyle, type StyleReader, simpleStyle } from '../../src/messages/styles.ts'

const documents = openDocuments({ directory: import.meta.dirname, diagnostics: new Diagnostics() })
function shape(value: object) {
  const document = { file: 'x', name: 'x', value, text: '', locate: () => ({ file: 'x', line: 1, column: 1 }) }
  return shapeOf({ document, pointer: '', value }, documents)
}

const text = shape({ type: 'string' })
const list = shape({ type: 'array' })
const record = shape({ type: 'object', properties: { R: {}, G: {} } })
const both = shape({ oneOf: [{ type: 'string' }, { type: 'array' }] })
const either = shape({ oneOf: [{ type: 'array' }, { type: 'object', properties: { R: {} } }] })
const misfit = 'misfit'

/** OpenAPI 3.1.1, Style Examples, and what lies at its edges. */
const rows: [name: string, read: StyleReader, raw: string, tree: unknown][] = [
  ['simple text', simpleStyle(text, false, decodePercent), 'a,b%2C', 'a,b,'],
  ['simple list', simpleStyle(list, false, decodePercent), 'blue,black%2C', ['blue', 'black,']],
  ['simple list, empty items', simpleStyle(list, false, decodePercent), 'a,,b', ['a', '', 'b']],
  ['simple object', simpleStyle(record, false, decodePercent), 'R,100,G,%32', { R: '100', G: '2' }],
  ['simple object, exploded', simpleStyle(record, true, decodePercent), 'R=1%3D,G=2=3', { R: '1=', G: '2=3' }],
  ['simple object that is none', simpleStyle(record, true, decodePercent), 'R,100', misfit],
  ['text or list: text', simpleStyle(both, false, asIs), 'a', 'a'],
  ['text or list: list', simpleStyle(both, false, asIs), 'a,b', ['a', 'b']],
  ['list or object: object', simpleStyle(either, false, asIs), 'R,1', { R: '1' }],
  ['list or object: list', simpleStyle(either, false, asIs), 'x,1', ['x', '1']],
  ['label text', labelStyle(text, false), '.blue', 'blue'],
  ['label text, empty', labelStyle(text, false), '.', ''],
  ['label without its dot', labelStyle(text, false), 'blue', misfit],
  ['label list', labelStyle(list, false), '.a,b', ['a', 'b']],
  ['label list, exploded', labelStyle(list, true), '.a.b', ['a', 'b']],
  ['label object', labelStyle(record, false), '.R,1,G,2', { R: '1', G: '2' }],
  ['label object, exploded', labelStyle(record, true), '.R=1.G=2', { R: '1', G: '2' }],
  ['matrix text', matrixStyle('c', text, false), ';c=blue', 'blue'],
  ['matrix text, empty', matrixStyle('c', text, false), ';c', ''],
  ['matrix text of another name', matrixStyle('c', text, false), ';d=blue', misfit],
  ['matrix text, encoded name', matrixStyle('c d', text, false), ';c%20d=blue', 'blue'],
  ['matrix text twice', matrixStyle('c', text, false), ';c=1;c=2', misfit],
  ['matrix list', matrixStyle('c', list, false), ';c=a,b', ['a', 'b']],
  ['matrix list, exploded', matrixStyle('c', list, true), ';c=a;c=b', ['a', 'b']],
  ['matrix object', matrixStyle('c', record, false), ';c=R,1,G,2', { R: '1', G: '2' }],
  ['matrix object, exploded', matrixStyle('c', record, true), ';R=1;G=2', { R: '1', G: '2' }],
  ['space delimited', delimitedStyle('spaceDelimited', list, decodeForm), 'a%20b+c d%2520', ['a', 'b', 'c', 'd%20']],
  ['space delimited object', delimitedStyle('spaceDelimited', record, decodeForm), 'R%201', { R: '1' }],
  ['pipe delimited', delimitedStyle('pipeDelimited', list, decodeForm), 'a|b%7Cc%7cd+e', ['a', 'b', 'c', 'd e']],
  ['form list', delimitedStyle('form', list, decodeForm), 'a,b%2Cc', ['a', 'b,c']],
  ['form object with encoded delimiters', delimitedStyle('form', record, decodeForm), 'R%2C1', { R: '1' }],
  ['form object with a name too much', delimitedStyle('form', record, decodeForm), 'R,1,G', misfit],
]

for (const [name, read, raw, tree] of rows) {
  t.test(name, (t) => {
    const found = read(raw)
    t.strictSame(found instanceof Misfit ? misfit : JSON.parse(JSON.stringify(found)), tree)
    t.end()
  })
}
