import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkReferences } from '../../src/documents/check-references.ts'
import { Diagnostics } from '../../src/documents/diagnostics.ts'
import type { Document, Located } from '../../src/documents/document.ts'
import { openDocuments } from '../../src/documents/documents.ts'
import { createSchemaCompiler } from '../../src/schemas/compiler.ts'
import { complaints, schemaDocument } from './schema-document.ts'

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })

interface Row {
  what: string
  schema: unknown
  valid?: unknown[]
  invalid?: unknown[]
  schemas?: Record<string, unknown>
  dialect?: '3.0' | '3.1'
  members?: Record<string, unknown>
  direction?: 'request' | 'response'
}

const tree = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, children: { type: 'array', items: reference('Subject') } },
}
const account = {
  type: 'object',
  required: ['id', 'name', 'password'],
  properties: {
    id: { type: 'integer', readOnly: true },
    name: { type: 'string' },
    password: { type: 'string', writeOnly: true },
  },
}

const rows: Row[] = [
  {
    what: 'recursion',
    schema: tree,
    valid: [{ name: 'a', children: [{ name: 'b' }] }],
    invalid: [{ name: 'a', children: [{}] }],
  },
  {
    what: 'a number too large for a double is none',
    schema: { type: 'integer' },
    valid: [5],
    invalid: [Number.POSITIVE_INFINITY],
  },
  {
    what: 'an object is one of a list by its members, whatever their names',
    schema: { enum: [{ a: 1 }, [{ b: null }], 'x'] },
    valid: [{ a: 1 }, Object.assign(Object.create(null), { a: 1 }), [{ b: null }], 'x'],
    invalid: [
      { valueOf: 1 },
      { toString: 1 },
      { a: 1, valueOf: 1 },
      { a: '1' },
      {},
      [],
      [{ b: 0 }],
      { 0: { b: null } },
      'y',
      null,
    ],
  },
  {
    what: 'an object that must not be one value',
    schema: { not: { const: { a: 1 } } },
    valid: [{ valueOf: 1 }, { constructor: 1 }, 5],
    invalid: [{ a: 1 }],
  },
  {
    what: 'a constant object with a member that objects inherit',
    schema: { const: { constructor: { x: 1 } } },
    valid: [{ constructor: { x: 1 } }],
    invalid: [{}, { constructor: {} }, JSON.parse('{"__proto__":{"x":1}}')],
  },
  {
    what: 'a constant list',
    schema: { const: [1, [2]] },
    valid: [[1, [2]]],
    invalid: [[1], [1, [2], 3], [1, 2], { 0: 1, 1: [2] }],
  },
  {
    what: 'the largest whole number of 64 bits',
    schema: { type: 'integer', format: 'int64' },
    valid: [JSON.parse('9223372036854775807'), JSON.parse('-9223372036854775808')],
    invalid: [JSON.parse('9223372036854777856'), JSON.parse('-9223372036854777856')],
  },
  {
    what: 'the largest whole number of 64 bits without a sign',
    schema: { type: 'integer', format: 'uint64' },
    valid: [JSON.parse('18446744073709551615')],
    invalid: [-1, JSON.parse('18446744073709555712')],
  },
  {
    what: '3.0: a readOnly property that a schema behind a reference requires',
    dialect: '3.0',
    schema: { allOf: [reference('Base'), { properties: { id: { readOnly: true } } }] },
    schemas: { Base: { type: 'object', required: ['id', 'name'] } },
    valid: [{ name: 'x' }],
    invalid: [{ id: 1 }],
  },
  {
    what: '3.0: the same schema without a readOnly property beside it',
    dialect: '3.0',
    schema: {
      properties: { a: { allOf: [reference('Base'), { properties: { id: { readOnly: true } } }] }, b: reference('Base') },
    },
    schemas: { Base: { type: 'object', required: ['id'] } },
    valid: [{ a: {}, b: { id: 1 } }],
    invalid: [{ a: {}, b: {} }],
  },
  {
    what: '3.0: a property that is readOnly by its allOf',
    dialect: '3.0',
    schema: { required: ['id'], properties: { id: { allOf: [reference('ReadOnlyInt')] } } },
    schemas: { ReadOnlyInt: { type: 'integer', readOnly: true } },
    valid: [{}],
  },
  {
    what: '3.0: a readOnly property beside alternatives that require it',
    dialect: '3.0',
    schema: { properties: { id: { readOnly: true } }, oneOf: [reference('Base')] },
    schemas: { Base: { type: 'object', required: ['id'] } },
    valid: [{}],
  },
  {
    what: 'a readOnly property that another one requires',
    schema: { dependentRequired: { n: ['id', 'm'] }, properties: { id: { readOnly: true } } },
    valid: [{ n: 1, m: 1 }],
    invalid: [{ n: 1 }],
  },
  {
    what: '3.0: nullable adds null to the type',
    dialect: '3.0',
    schema: { type: 'string', nullable: true },
    valid: [null, 'x'],
    invalid: [1],
  },
  { what: '3.0: nullable without a type', dialect: '3.0', schema: { nullable: true }, valid: [null, 1] },
  {
    what: '3.0: nullable around a reference',
    dialect: '3.0',
    schema: { nullable: true, allOf: [reference('Text')] },
    schemas: { Text: { type: 'string' } },
    valid: [null, 'x'],
    invalid: [1],
  },
  {
    what: '3.0: an enum must list null itself',
    dialect: '3.0',
    schema: { type: 'string', nullable: true, enum: ['a'] },
    valid: ['a'],
    invalid: [null],
  },
  {
    what: '3.0: keywords beside $ref mean nothing',
    dialect: '3.0',
    schema: { ...reference('Text'), maxLength: 1, nullable: true },
    schemas: { Text: { type: 'string' } },
    valid: ['long'],
    invalid: [null],
  },
  {
    what: '3.1: keywords beside $ref hold',
    schema: { ...reference('Text'), maxLength: 1 },
    schemas: { Text: { type: 'string' } },
    valid: ['x'],
    invalid: ['long'],
  },
  {
    what: '3.0: boolean exclusive limits',
    dialect: '3.0',
    schema: { minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false },
    valid: [2, 5],
    invalid: [1],
  },
  {
    what: '3.0: keywords of later dialects mean nothing',
    dialect: '3.0',
    schema: { const: 1, prefixItems: [false], if: true, patternProperties: { a: false } },
    valid: [2, [1], { a: 1 }],
  },
  { what: '3.1: nullable means nothing', schema: { type: 'string', nullable: true }, invalid: [null] },
  {
    what: '3.1: jsonSchemaDialect decides',
    members: { jsonSchemaDialect: 'http://json-schema.org/draft-04/schema#' },
    schema: { minimum: 1, exclusiveMinimum: true },
    valid: [2],
    invalid: [1],
  },
  {
    what: '3.1: $schema decides for its schema',
    schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'string' }],
      additionalItems: false,
      dependencies: { a: ['b'] },
    },
    valid: [['x']],
    invalid: [[1], ['x', 'y'], { a: 1 }],
  },
  {
    what: '3.1: dependencies hold beside their successors',
    schema: {
      dependencies: { a: ['b'], c: { required: ['d'] } },
      dependentRequired: { e: ['f'] },
      dependentSchemas: { g: { required: ['h'] } },
    },
    valid: [{ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1 }, {}],
    invalid: [{ a: 1 }, { c: 1 }, { e: 1 }, { g: 1 }],
  },
  {
    what: 'names of the prototype are data',
    schema: { properties: { toString: { type: 'number' }, __proto__: {} }, required: ['constructor', 'hasOwnProperty'] },
    valid: [{ constructor: 1, hasOwnProperty: 1 }],
    invalid: [{}, { constructor: 1, hasOwnProperty: 1, toString: 'x' }],
  },
  {
    what: '__proto__ as a property',
    schema: JSON.parse('{"properties":{"__proto__":{"type":"number"}},"additionalProperties":false}'),
    valid: [JSON.parse('{"__proto__":1}')],
    invalid: [JSON.parse('{"__proto__":"x"}'), { a: 1 }],
  },
  {
    what: 'readOnly is not required of a request, and tolerated',
    schema: account,
    valid: [
      { name: 'a', password: 'p' },
      { id: 1, name: 'a', password: 'p' },
    ],
    invalid: [{ id: 1, name: 'a' }],
  },
  {
    what: 'writeOnly is not required of a response, and refused',
    direction: 'response',
    schema: account,
    valid: [{ id: 1, name: 'a' }],
    invalid: [{ id: 1, name: 'a', password: 'p' }, { name: 'a' }],
  },
  {
    what: 'readOnly in allOf',
    schema: { allOf: [reference('Base'), { required: ['id', 'name'] }] },
    schemas: { Base: { properties: { id: { readOnly: true } } } },
    valid: [{ name: 'a' }],
    invalid: [{ id: 1 }],
  },
  {
    what: 'anchors and $id',
    schema: { $id: 'https://example.com/s', $ref: '#text', $defs: { t: { $anchor: 'text', type: 'string' } } },
    valid: ['x'],
    invalid: [1],
  },
  {
    what: '$dynamicRef takes the outermost anchor',
    schema: {
      $id: 'https://example.com/strings',
      $ref: 'list',
      $defs: {
        item: { $dynamicAnchor: 'item', type: 'string' },
        list: { $id: 'list', type: 'array', items: { $dynamicRef: '#item' }, $defs: { item: { $dynamicAnchor: 'item' } } },
      },
    },
    valid: [['x']],
    invalid: [[1]],
  },
  {
    what: 'unevaluatedProperties sees through references',
    schema: { ...reference('Base'), properties: { b: {} }, unevaluatedProperties: false },
    schemas: { Base: { properties: { a: {} } } },
    valid: [{ a: 1, b: 1 }],
    invalid: [{ c: 1 }],
  },
  { what: 'decimal multiples', schema: { multipleOf: 0.01 }, valid: [0.07, 19.99, 4.35], invalid: [0.075] },
  { what: 'a pattern that only the older syntax knows', schema: { pattern: '^[\\w\\-]+$' }, valid: ['a-b'], invalid: ['a b'] },
  { what: 'a pattern as Python writes it', schema: { pattern: '(?i)\\A(?P<word>ab)\\Z' }, valid: ['AB'], invalid: ['abc'] },
  {
    what: 'int32 and int64',
    schema: { properties: { a: { format: 'int32' }, b: { format: 'int64' } } },
    valid: [{ a: 1, b: 2 ** 40 }],
    invalid: [{ a: 2 ** 31 }, { b: 2 ** 64 }, { a: 1.5 }],
  },
  { what: 'unknown formats are annotations', schema: { format: 'color' }, valid: ['whatever'] },
  {
    what: 'a discriminator maps by name and by reference',
    dialect: '3.0',
    schema: {
      oneOf: [reference('Cat'), reference('Dog')],
      discriminator: { propertyName: 'kind', mapping: { meow: 'Cat', woof: '#/components/schemas/Dog' } },
    },
    schemas: {
      Cat: { properties: { kind: {}, a: { type: 'string' } } },
      Dog: { properties: { kind: {}, a: { type: 'number' } } },
    },
    valid: [
      { kind: 'meow', a: 'x' },
      { kind: 'woof', a: 1 },
      { kind: 'Cat', a: 'x' },
    ],
    invalid: [
      { kind: 'meow', a: true },
      { kind: 'Cat', a: true },
    ],
  },
  {
    what: '3.2: a discriminator has a branch for all other values',
    schema: {
      oneOf: [reference('Cat'), reference('Other'), { type: 'null' }],
      discriminator: { propertyName: 'kind', mapping: { meow: 'Cat' }, defaultMapping: '#/components/schemas/Other' },
    },
    schemas: {
      Cat: { type: 'object', properties: { a: { type: 'string' } } },
      Other: { type: 'object', properties: { a: { type: 'number' } } },
    },
    valid: [{ kind: 'meow', a: 'x' }, { kind: 'lizard', a: 1 }, { a: 1 }, null],
    invalid: [{ kind: 'meow', a: true }, { kind: 'lizard', a: true }, { a: true }],
  },
  {
    what: 'a discriminator value named as a member of every object',
    schema: { oneOf: [reference('Cat'), reference('Dog')], discriminator: { propertyName: 'kind' } },
    schemas: { Cat: {}, Dog: {} },
    invalid: [{ kind: 'toString' }, { kind: '__proto__' }],
  },
  {
    what: 'a discriminator over alternatives of alternatives',
    schema: { oneOf: [reference('Pets'), reference('Car')], discriminator: { propertyName: 't' } },
    schemas: {
      Pets: { oneOf: [reference('Cat'), reference('Dog')] },
      Cat: { required: ['t'], properties: { t: { const: 'cat' } } },
      Dog: { required: ['t'], properties: { t: { const: 'dog' } } },
      Car: { required: ['t'], properties: { t: { const: 'car' } } },
    },
    valid: [{ t: 'cat' }, { t: 'dog' }, { t: 'car' }],
    invalid: [{ t: 'bus' }, { t: 'Pets' }, {}],
  },
  {
    what: 'a discriminating property that a branch describes by a pattern',
    schema: { oneOf: [reference('Std'), reference('Custom')], discriminator: { propertyName: 'type' } },
    schemas: {
      Std: { required: ['type'], properties: { type: { enum: ['a', 'b'] } } },
      Custom: { required: ['type'], properties: { type: { type: 'string', pattern: '^x-' } } },
    },
    valid: [{ type: 'a' }, { type: 'x-foo' }],
    invalid: [{ type: 'foo' }],
  },
  {
    what: 'a discriminating property that any branch may have',
    schema: {
      oneOf: [reference('Cat'), reference('Dog')],
      discriminator: { propertyName: 'petType' },
      unevaluatedProperties: false,
    },
    schemas: {
      Cat: { properties: { petType: { type: 'string' } } },
      Dog: { required: ['bark'], properties: { petType: { type: 'string' }, bark: { type: 'boolean' } } },
    },
    valid: [{ petType: 'tabby' }, { petType: 'Dog' }, { petType: 'Dog', bark: true }],
    invalid: [{ petType: 5 }, { petType: 'Dog', other: 1 }],
  },
]

for (const { what, schema, valid = [], invalid = [], schemas, dialect, members, direction } of rows) {
  t.test(what, async (t) => {
    const source = schemaDocument(schema, schemas, dialect, members)
    for (const value of valid) t.strictSame(complaints(source, value, direction), [], `accepts ${JSON.stringify(value)}`)
    for (const value of invalid) t.not(complaints(source, value, direction).length, 0, `refuses ${JSON.stringify(value)}`)
    source.compiler.check()
    t.notOk(source.diagnostics.hasErrors, 'the schema is in order')
  })
}

t.test('a refused value deep in a recursive discriminator is judged in bounded time', async (t) => {
  const operation = { required: ['op', 'of'], properties: { op: { type: 'string' }, of: reference('Subject') } }
  const names = ['And', 'Or', 'Not', 'Any']
  const subject = { oneOf: names.map(reference), discriminator: { propertyName: 'op' } }
  const source = schemaDocument(subject, Object.fromEntries(names.map((name) => [name, operation])))
  let value: unknown = { op: 'And' }
  for (let depth = 0; depth < 60; depth++) value = { op: names[depth % names.length], of: value }
  t.match(complaints(source, value), [/required/])
})

t.test('a schema may be referred to by the URI of its document', async (t) => {
  const schemas = { Whole: { type: 'integer' }, Inside: { $id: 'https://example.com/inside', type: 'string' } }
  for (const reference of ['https://example.com/api/openapi#/components/schemas/Whole', 'openapi#/components/schemas/Whole']) {
    const source = schemaDocument({ $ref: reference }, schemas, '3.1', { $self: 'https://example.com/api/openapi' })
    t.strictSame(complaints(source, 1), [])
    t.strictSame(complaints(source, 'x'), [': must be an integer, got the string "x"'])
  }
})

t.test('a JSON pointer leads through references on its way', async (t) => {
  const schemas = {
    Map: { properties: { a: { $ref: '#/components/schemas/Other' } } },
    Other: { properties: { b: { type: 'integer' } } },
    Circle: { $ref: '#/components/schemas/Circle/properties/x' },
  }
  const through = schemaDocument({ $ref: '#/components/schemas/Map/properties/a/properties/b' }, schemas)
  t.strictSame(complaints(through, 1), [])
  t.strictSame(complaints(through, 'x'), [': must be an integer, got the string "x"'])
  t.strictSame(complaints(schemaDocument({ $ref: '#/components/schemas/Circle/properties/x' }, schemas), 1), [': is not allowed'])
})

t.test('references lead to other files, and back', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(
    join(directory, 'a.yaml'),
    'openapi: 3.1.0\ncomponents: { schemas: { A: { properties: { b: { $ref: "b c.yaml#/B" } } }, Text: { type: string } } }\n',
  )
  writeFileSync(
    join(directory, 'b c.yaml'),
    'B: { properties: { a: { $ref: "a.yaml#/components/schemas/A" }, text: { $ref: "a.yaml#/components/schemas/Text" } } }\n',
  )
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory, diagnostics })
  const document = documents.load('a.yaml')
  const root = { document, pointer: '', value: document?.value } as Located
  const validate = createSchemaCompiler({ documents, diagnostics }).validator(
    documents.get(root, 'components', 'schemas', 'A') as Located,
    '3.1',
    'request',
  )
  t.equal(validate({ b: { a: { b: { text: 'x' } } } }), undefined)
  t.strictSame(validate({ b: { a: { b: { text: 1 } } } }), [
    { pointer: '/b/a/b/text', message: 'must be a string, got the number 1' },
  ])
})

t.test('defaults are filled into valid requests only, and only where an alternative accepts', async (t) => {
  const schema = {
    type: 'object',
    required: ['kind'],
    properties: {
      size: { default: 10 },
      color: reference('Color'),
      list: { type: 'array', items: { properties: { n: { default: 1 } } } },
    },
    oneOf: [
      { properties: { kind: { const: 'a' }, onlyA: { default: true } } },
      { properties: { kind: { const: 'b' }, onlyB: { default: { deep: [] } } } },
    ],
  }
  const source = schemaDocument(schema, { Color: { type: 'string', default: 'red' } })
  const value = { kind: 'b', list: [{}] }
  t.strictSame(complaints(source, value), [])
  t.strictSame(value, { kind: 'b', list: [{ n: 1 }], size: 10, color: 'red', onlyB: { deep: [] } })
  const other = { kind: 'b' }
  complaints(source, other)
  t.not(
    (other as unknown as typeof value & { onlyB: object }).onlyB,
    (value as unknown as { onlyB: object }).onlyB,
    'each request gets a default of its own',
  )
  const refused = {}
  t.not(complaints(source, refused).length, 0)
  t.strictSame(refused, {})
  const response = { kind: 'a' }
  t.strictSame(complaints(source, response, 'response'), [])
  t.strictSame(response, { kind: 'a' })
})

t.test('a value that is nested too deeply is refused, not a crash', async (t) => {
  let value: unknown = 1
  for (let depth = 0; depth < 200_000; depth++) value = [value]
  t.strictSame(complaints(schemaDocument({ items: reference('Subject') }), value), [': is nested too deeply to be checked'])
})

t.test('a text that would keep its pattern busy is judged, or refused when nobody can', { timeout: 60_000 }, async (t) => {
  const hostile = 'a'.repeat(50_000)
  const source = schemaDocument({ pattern: '^(a+)+$', patternProperties: { '^(x+x+)+y': false } })
  t.strictSame(complaints(source, hostile), [])
  t.match(complaints(source, `${hostile}!`), [/^: must match the pattern/])
  t.strictSame(complaints(source, { ['x'.repeat(50_000)]: 1 }), [])
  const refusal = [': holds a text that is too long to be checked by its pattern']
  t.strictSame(complaints(schemaDocument({ pattern: '^(.+)\\1$' }), hostile), refusal)
  t.strictSame(complaints(schemaDocument({ not: { pattern: '^(.+)\\1$' } }), hostile), refusal, 'however the pattern is used')
})

t.test('warming compiles what was asked for, and what that refers to', async (t) => {
  const source = schemaDocument(tree)
  const validate = source.compiler.validator(source.subject, '3.1', 'request')
  await source.compiler.warm()
  t.equal(validate({ name: 'a' }), undefined)
})

t.test('a schema that is none refuses everything', async (t) => {
  t.strictSame(complaints(schemaDocument({ $ref: '#/nowhere' }), 1), [': is not allowed'])
  t.strictSame(complaints(schemaDocument({ properties: { a: 'text' } }), { a: 1 }), ['/a: is not allowed'])
})

t.test('readOnly properties of requests go unread, wherever the flag stands', (t) => {
  const schema = {
    properties: {
      id: { type: 'integer', readOnly: true, default: 1 },
      since: reference('Moment'),
      roles: true,
      any: true,
      lines: { type: 'array', items: { properties: { number: { readOnly: true }, text: { type: 'string' } } } },
    },
    allOf: [{ properties: { roles: { readOnly: true } } }],
    oneOf: [{ required: ['any'], properties: { any: { const: 1 }, total: { readOnly: true } } }, { required: ['other'] }],
  }
  const source = schemaDocument(schema, { Moment: { type: 'string', readOnly: true } })
  const sent = () => ({ id: 7, since: 'now', roles: ['admin'], any: 1, total: 3, lines: [{ number: 1, text: 'x' }], more: true })
  const value = sent()
  t.strictSame(complaints(source, value), [])
  t.strictSame(value, { any: 1, lines: [{ text: 'x' }], more: true } as unknown)
  const answer = sent()
  t.strictSame(complaints(source, answer, 'response'), [])
  t.strictSame(answer, sent(), 'responses keep them')
  t.not(complaints(source, { id: 'x' }).length, 0, 'what is wrong is refused all the same')
  t.end()
})

t.test('a schema of another file is read in the dialect of that file, and found by its anchor', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-dialects-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const files = {
    'a.json': {
      openapi: '3.1.0',
      components: {
        schemas: {
          Tuple: { $ref: 'd7.json#/definitions/Tuple' },
          Text: { $ref: 'd7.json#/definitions/Text' },
          Limit: { $ref: 'd4.json#/definitions/Limit' },
          Embedded: { $ref: '#/components/schemas/Holder/$defs/Inner/definitions/Pair' },
          Holder: {
            $defs: {
              Inner: {
                $id: 'https://example.com/inner',
                $schema: 'http://json-schema.org/draft-07/schema#',
                definitions: { Pair: { items: [{ type: 'integer' }] } },
              },
            },
          },
          Back: { $ref: 'd7.json#/definitions/Back' },
          Modern: { prefixItems: [{ type: 'integer' }], $ref: '#/components/schemas/Three' },
          Three: { maxItems: 3 },
          Anchored: { $ref: 'anchored.json#tag' },
        },
      },
    },
    'd7.json': {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: {
        Tuple: { items: [{ type: 'integer' }, { type: 'string' }], additionalItems: false },
        Text: { $ref: '#/definitions/String', minLength: 5 },
        String: { type: 'string' },
        Back: { $ref: 'a.json#/components/schemas/Modern' },
      },
    },
    'd4.json': {
      $schema: 'http://json-schema.org/draft-04/schema#',
      definitions: { Limit: { minimum: 1, exclusiveMinimum: true } },
    },
    'anchored.json': { $defs: { Tag: { $anchor: 'tag', type: 'integer' } } },
  }
  for (const [name, value] of Object.entries(files)) writeFileSync(join(directory, name), JSON.stringify(value))
  const diagnostics = new Diagnostics()
  const documents = openDocuments({ directory, diagnostics })
  const document = documents.load('a.json') as Document
  checkReferences({ document, pointer: '', value: document.value }, documents, diagnostics)
  const compiler = createSchemaCompiler({ documents, diagnostics })
  for (const [name, valid, invalid] of [
    ['Tuple', [1, 'b'], ['a', 'b']],
    ['Text', 'x', 1],
    ['Limit', 2, 1],
    ['Embedded', [1], ['a']],
    ['Back', [1], ['a']],
    ['Back', [1, 2, 3], [1, 2, 3, 4]],
    ['Anchored', 1, 'x'],
  ] as const) {
    const schemas = files['a.json'].components.schemas
    const schema = { document, pointer: `/components/schemas/${name}`, value: schemas[name] }
    const validate = compiler.validator(schema, '3.1', 'request')
    t.equal(validate(valid), undefined, `${name} accepts ${JSON.stringify(valid)}`)
    t.ok(validate(invalid), `${name} refuses ${JSON.stringify(invalid)}`)
  }
  compiler.check()
  t.strictSame(
    diagnostics.all.map(({ message }) => message),
    [],
    'the documents are in order',
  )
})
