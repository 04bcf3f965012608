import t from 'tap'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { coerce, parseNumber, type TextTree } from '../../src/messages/coerce.ts'
import { shapeOf } from '../../src/messages/shape.ts'

const documents = openDocuments({ directory: import.meta.dirname, diagnostics: new Diagnostics() })

function shape(schema: object) {
  const document = { file: 'x', name: 'x', value: schema, text: '', locate: () => ({ file: 'x', line: 1, column: 1 }) }
  return shapeOf({ document, pointer: '', value: schema }, documents)
}

const integer = { type: 'integer' }
const string = { type: 'string' }

t.test('text becomes what the schema asks for', (t) => {
  const rows: [name: string, schema: object, tree: TextTree, value: unknown][] = [
    ['nothing said', {}, '1', '1'],
    ['a string', string, 'true', 'true'],
    ['an integer', integer, '-3', -3],
    ['a fraction where an integer is wanted, for the validator to refuse', integer, '1.5', 1.5],
    ['no number', integer, 'x', 'x'],
    ['a boolean', { type: 'boolean' }, 'false', false],
    ['no boolean', { type: 'boolean' }, 'False', 'False'],
    ['nullable as 3.0 says it', { type: 'integer', nullable: true }, '', null],
    ['nullable without a type means nothing', { nullable: true }, 'null', 'null'],
    ['allOf', { allOf: [integer, { type: 'number' }] }, '1', 1],
    ['anyOf, first type', { anyOf: [integer, string] }, '1', 1],
    ['anyOf, second type', { anyOf: [integer, string] }, 'abdf', 'abdf'],
    ['oneOf', { oneOf: [{ type: 'boolean' }, integer] }, '1122', 1122],
    ['then and else', JSON.parse('{"if":{},"then":{"type":"integer"},"else":{"type":"boolean"}}'), 'true', true],
    ['a list', { type: 'array', items: integer }, ['1', 'x'], [1, 'x']],
    ['a lone text where a list must stand', { type: 'array', items: integer }, '1', [1]],
    ['properties', { properties: { a: integer } }, { a: '1', b: '2' }, { a: 1, b: '2' }],
    ['additional properties', { type: 'object', additionalProperties: integer }, { a: '1' }, { a: 1 }],
    ['pattern properties', { type: 'object', patternProperties: { '^n': integer } }, { n1: '1', s: '1' }, { n1: 1, s: '1' }],
    ['a pattern that is none', { type: 'object', patternProperties: { '(': integer } }, { a: '1' }, { a: '1' }],
    [
      'properties of several branches',
      { anyOf: [{ properties: { a: integer } }, { properties: { b: { type: 'boolean' } } }] },
      { a: '1', b: 'true' },
      { a: 1, b: true },
    ],
    ['indexes as a list', { type: 'array', items: integer }, { 1: '2', 0: '1' }, [1, 2]],
    ['indexes with a gap stay an object', { type: 'array', items: integer }, { 2: '2', 0: '1' }, { 0: '1', 2: '2' }],
    ['a property named like a keyword', { properties: { properties: integer } }, { properties: '1' }, { properties: 1 }],
    ['a boolean schema', { properties: { a: true } }, { a: '1' }, { a: '1' }],
  ]
  for (const [name, schema, tree, value] of rows) {
    t.strictSame(JSON.parse(JSON.stringify(coerce(tree, shape(schema)))), value, name)
  }
  t.equal(coerce('1', shape({ type: ['integer', 'string'] }), true), '1', 'the other way round')
  t.end()
})

t.test('numbers are those of JSON', (t) => {
  for (const text of ['0', '-0', '1', '10.5', '1e5', '1E+5', '1.5e-5']) t.equal(parseNumber(text), Number(text), text)
  for (const text of [
    '',
    '-',
    '+1',
    '01',
    '-01',
    '1.',
    '.1',
    '1e',
    '1e+',
    '0x1',
    '1n',
    ' 1',
    '1 ',
    '1,0',
    '١',
    'Infinity',
    '1e999',
    '--1',
  ])
    t.equal(parseNumber(text), undefined, JSON.stringify(text))
  t.equal(parseNumber('9007199254740993'), undefined, 'an integer that would change silently')
  t.equal(parseNumber('-9007199254740991'), -9007199254740991)
  t.equal(parseNumber('1152921504606846976'), 2 ** 60, 'a large one that does not change')
  t.end()
})
