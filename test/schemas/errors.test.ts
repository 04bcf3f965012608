import t from 'tap'
import { complaints, schemaDocument } from './schema-document.ts'

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const Cat = {
  type: 'object',
  required: ['kind', 'lives'],
  properties: { kind: { const: 'cat' }, lives: { type: 'integer', minimum: 1 } },
}
const Dog = {
  type: 'object',
  required: ['kind', 'tricks'],
  properties: { kind: { const: 'dog' }, tricks: { type: 'array', items: { type: 'string' } } },
}
const pets = { oneOf: [reference('Cat'), reference('Dog')] }
const tagged = { ...pets, discriminator: { propertyName: 'kind' } }

interface Row {
  what: string
  schema: unknown
  value: unknown
  says: string[]
}

const rows: Row[] = [
  { what: 'a type', schema: { type: 'integer' }, value: 'x', says: [': must be an integer, got the string "x"'] },
  {
    what: 'several types',
    schema: { type: ['string', 'null'] },
    value: 5,
    says: [': must be a string or null, got the number 5'],
  },
  { what: 'an object for text', schema: { type: 'string' }, value: {}, says: [': must be a string, got an object'] },
  { what: 'enum', schema: { enum: ['a', 'b c', 1, '1'] }, value: 'c', says: [': must be one of: a, "b c", 1, "1"'] },
  { what: 'an empty enum', schema: { enum: [] }, value: 1, says: [': is not allowed'] },
  { what: 'const', schema: { const: { a: 1 } }, value: 2, says: [': must be {"a":1}'] },
  {
    what: 'required, where the property should be',
    schema: { required: ['a', 'x/y'] },
    value: {},
    says: ['/a: the property "a" is required', '/x~1y: the property "x/y" is required'],
  },
  {
    what: 'properties that are not allowed, with the name that was probably meant',
    schema: { properties: { name: {} }, additionalProperties: false },
    value: { nmae: 1, other: 2 },
    says: ['/nmae: the property "nmae" is not allowed; did you mean "name"?', '/other: the property "other" is not allowed'],
  },
  {
    what: 'unevaluated properties',
    schema: { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
    value: { a: 1, b: 2 },
    says: ['/b: the property "b" is not allowed'],
  },
  {
    what: 'unevaluated items',
    schema: { prefixItems: [{}], unevaluatedItems: false },
    value: [1, 2],
    says: ['/1: this item is not allowed'],
  },
  {
    what: 'no further items',
    schema: { prefixItems: [{}], items: false },
    value: [1, 2],
    says: [': must have at most 1 item, has 2'],
  },
  {
    what: 'several at once',
    schema: { minimum: 5, multipleOf: 2 },
    value: 3,
    says: [': must be at least 5, got 3', ': must be a multiple of 2, got 3'],
  },
  { what: 'an exclusive limit', schema: { exclusiveMaximum: 5 }, value: 5, says: [': must be less than 5, got 5'] },
  { what: 'a length in characters', schema: { maxLength: 1 }, value: '😀😀', says: [': must have at most 1 character, has 2'] },
  { what: 'a pattern', schema: { pattern: '^a' }, value: 'b', says: [': must match the pattern ^a, got the string "b"'] },
  {
    what: 'a format',
    schema: { format: 'date-time' },
    value: 'soon',
    says: [': must be a date and time (RFC 3339) such as 2026-01-31T12:00:00Z, got the string "soon"'],
  },
  {
    what: 'equal items',
    schema: { uniqueItems: true },
    value: [1, 2, 1],
    says: [': must not repeat an item: items 0 and 2 are equal'],
  },
  {
    what: 'contains',
    schema: { contains: { type: 'string' } },
    value: [1],
    says: [': must contain at least 1 item of the wanted kind, contains 0'],
  },
  {
    what: 'property names',
    schema: { propertyNames: { maxLength: 1 } },
    value: { ab: 1, c: 1 },
    says: ['/ab: the property name "ab" must have at most 1 character, has 2'],
  },
  {
    what: 'dependent properties',
    schema: { dependentRequired: { a: ['b'] } },
    value: { a: 1 },
    says: ['/b: the property "b" is required when "a" is there'],
  },
  {
    what: 'then, not if',
    schema: JSON.parse('{"if":{"required":["a"]},"then":{"required":["b"]}}'),
    value: { a: 1 },
    says: ['/b: the property "b" is required'],
  },
  { what: 'not', schema: { not: { type: 'string' } }, value: 'x', says: [': is a value that is excluded'] },
  {
    what: 'alternatives that differ by type: all types',
    schema: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    value: 5,
    says: [': must be a string or null, got the number 5'],
  },
  {
    what: 'alternatives of values: all values',
    schema: { anyOf: [{ enum: ['a'] }, { enum: ['b'] }] },
    value: 'c',
    says: [': must be one of: a, b'],
  },
  {
    what: 'the alternative whose tag fits comes nearest',
    schema: pets,
    value: { kind: 'cat' },
    says: [': matches none of the 2 alternatives (Cat or Dog); Cat comes nearest', '/lives: the property "lives" is required'],
  },
  { what: 'a tag that no alternative has', schema: pets, value: { kind: 'cow' }, says: ['/kind: must be one of: cat, dog'] },
  {
    what: 'null beside one alternative is not spoken of',
    schema: { anyOf: [reference('Cat'), { type: 'null' }] },
    value: { kind: 'cat', lives: 0 },
    says: ['/lives: must be at least 1, got 0'],
  },
  {
    what: 'several alternatives match',
    schema: {
      oneOf: [
        { title: 'Small', maximum: 5 },
        { title: 'Even', multipleOf: 2 },
      ],
    },
    value: 4,
    says: [': must match exactly one of the alternatives, matches Small and Even'],
  },
  {
    what: 'a discriminator: the chosen branch only',
    schema: tagged,
    value: { kind: 'dog', tricks: [1] },
    says: ['/tricks/0: must be a string, got the number 1'],
  },
  {
    what: 'an unknown discriminator',
    schema: tagged,
    value: { kind: 'cow' },
    says: ['/kind: must be one of: cat, dog, got the string "cow"'],
  },
  { what: 'no discriminator', schema: tagged, value: {}, says: ['/kind: must be one of: cat, dog, which is required'] },
  { what: 'no object at all', schema: tagged, value: 'x', says: [': must be an object, got the string "x"'] },
  {
    what: 'a long value is shortened',
    schema: { type: 'integer' },
    value: 'x'.repeat(500),
    says: [`: must be an integer, got the string "${'x'.repeat(60)}…"`],
  },
]

for (const { what, schema, value, says } of rows) {
  t.test(what, async (t) => {
    t.strictSame(complaints(schemaDocument(schema, { Cat, Dog }), value), says)
  })
}

t.test('at most a hundred errors, then a count', async (t) => {
  const found = complaints(schemaDocument({ items: { type: 'string' } }), Array(150).fill(1))
  t.equal(found.length, 101)
  t.equal(found.at(-1), ': and 50 more')
})

t.test('no keyword path, nothing internal', async (t) => {
  const found = complaints(schemaDocument({ anyOf: [reference('Cat'), { allOf: [reference('Dog'), false] }] }, { Cat, Dog }), {
    kind: 1,
  })
  t.notMatch(found.join(), /schemaPath|gatefold|reference|#\//)
})
