import fc from 'fast-check'
import t from 'tap'
import { complaints, schemaDocument } from './schema-document.ts'

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })

function sample(
  schema: unknown,
  schemas: Record<string, unknown> = {},
  direction: 'request' | 'response' = 'response',
  dialect: '3.0' | '3.1' = '3.1',
) {
  const source = schemaDocument(schema, schemas, dialect)
  const value = source.compiler.sample(source.subject, dialect, direction)
  return { value, errors: value === undefined ? ['none'] : complaints(source, value, direction) }
}

const rows: { what: string; schema: unknown; schemas?: Record<string, unknown>; value: unknown; dialect?: '3.0' }[] = [
  { what: 'examples come first', schema: { type: 'string', examples: ['given'], default: 'other' }, value: 'given' },
  { what: 'an example that is invalid is passed over', schema: { type: 'integer', examples: ['one'], minimum: 7 }, value: 7 },
  { what: '3.0: example', dialect: '3.0', schema: { type: 'integer', example: 5 }, value: 5 },
  {
    what: 'default, const, enum',
    schema: { properties: { a: { default: 3 }, b: { const: null }, c: { enum: ['x', 'y'] } } },
    value: { a: 3, b: null, c: 'x' },
  },
  {
    what: 'formats',
    schema: { properties: { at: { type: 'string', format: 'date-time' }, id: { type: 'string', format: 'uuid' } } },
    value: { at: '2026-01-31T12:00:00Z', id: '3fa85f64-5717-4562-b3fc-2c963f66afa6' },
  },
  {
    what: 'limits',
    schema: {
      prefixItems: [
        { type: 'integer', exclusiveMinimum: 5, multipleOf: 5 },
        { type: 'number', maximum: -0.5 },
        { type: 'string', minLength: 8 },
      ],
    },
    value: [10, -1, 'stringst'],
  },
  { what: 'patterns', schema: { type: 'string', pattern: '^[A-Z]{3}-\\d{2,4}(?:x|y)?$' }, value: 'AAA-00' },
  {
    what: 'recursion ends',
    schema: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        parent: reference('Subject'),
        children: { type: 'array', items: reference('Subject') },
      },
    },
    value: { name: 'string', parent: { name: 'string', children: [] }, children: [{ name: 'string', children: [] }] },
  },
  {
    what: 'allOf is merged',
    schema: {
      allOf: [reference('Base'), { required: ['b'], properties: { b: { type: 'integer' } }, unevaluatedProperties: false }],
    },
    schemas: { Base: { type: 'object', properties: { b: { minimum: 4 } } } },
    value: { b: 4 },
  },
  { what: 'the first branch that works', schema: { oneOf: [false, { type: 'string' }] }, value: 'string' },
  {
    what: 'a discriminator',
    schema: { oneOf: [reference('Cat'), reference('Dog')], discriminator: { propertyName: 'kind', mapping: { meow: 'Cat' } } },
    schemas: { Cat: { type: 'object', properties: { kind: { type: 'string' } } }, Dog: {} },
    value: { kind: 'meow' },
  },
  {
    what: 'alternatives beside each other that agree only for one combination',
    schema: {
      allOf: [
        { oneOf: [{ type: 'array' }, { type: 'object' }, { type: 'string' }] },
        { anyOf: [{ type: 'boolean' }, { type: 'number' }, { type: 'null' }, { type: 'object' }] },
        { properties: { name: { type: 'string' } } },
      ],
    },
    value: { name: 'string' },
  },
  { what: 'what must not match', schema: { not: { properties: { a: { type: 'string' } } } }, value: { a: null } },
  { what: '3.0: null comes last', dialect: '3.0', schema: { nullable: true, anyOf: [{ type: 'string' }] }, value: 'string' },
  {
    what: 'formats with patterns and lengths',
    schema: {
      type: 'array',
      minItems: 5,
      prefixItems: [
        { type: 'string', format: 'date', pattern: '^2021.+' },
        { type: 'string', format: 'uri', minLength: 25 },
        { type: 'string', format: 'email', maxLength: 8 },
        { type: 'string', format: 'ipv4', pattern: '^10\\.' },
        { type: 'string', pattern: '^(?=.*[A-Z])(?=.*\\d)(?=.*[!@#$]).{8,}$', minLength: 12 },
      ],
    },
    value: ['2021-01-31', 'https://example.com/aaaaa', 'a@b.io', '10.0.0.1', 'Passw0rd!aaa'],
  },
  {
    what: 'unique items',
    schema: { type: 'array', uniqueItems: true, minItems: 3, items: { enum: ['a', 'b', 'c'] } },
    value: ['a', 'b', 'c'],
  },
  { what: 'what no value satisfies', schema: { type: 'integer', minimum: 3, maximum: 2 }, value: undefined },
  { what: 'false', schema: false, value: undefined },
  {
    what: 'endless required recursion',
    schema: { type: 'object', required: ['next'], properties: { next: reference('Subject') } },
    value: undefined,
  },
]

for (const { what, schema, schemas, value, dialect } of rows) {
  t.test(what, async (t) => {
    t.strictSame(sample(schema, schemas, 'response', dialect).value, value)
  })
}

t.test('what the direction leaves out is left out', async (t) => {
  const schema = {
    type: 'object',
    properties: { id: { type: 'integer', readOnly: true }, password: { type: 'string', writeOnly: true } },
  }
  t.strictSame(sample(schema, {}, 'request').value, { password: 'string' })
  t.strictSame(sample(schema, {}, 'response').value, { id: 1 })
})

t.test('the same schema gives the same value', async (t) => {
  const schema = { type: 'array', minItems: 2, items: { type: 'object', additionalProperties: { type: 'number' } } }
  t.strictSame(sample(schema).value, sample(schema).value)
})

const text = fc.record(
  { type: fc.constant('string'), minLength: fc.nat(5), maxLength: fc.integer({ min: 5, max: 40 }) },
  { requiredKeys: ['type'] },
)
const formatted = fc.constantFrom(
  'date',
  'date-time',
  'time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uuid',
  'byte',
  'regex',
  'json-pointer',
  'uri-template',
)
const patterned = fc.constantFrom(
  '^a+$',
  '^[^a-z]{2}$',
  '\\d{4}-\\d{2}',
  '^(foo|bar)(baz)?$',
  '^\\w+@\\w+\\.com$',
  '^\\p{Lu}x$',
  '^.{3,5}$',
  '^#(?:[0-9a-f]{3}){1,2}$',
)
const whole = fc.record(
  {
    type: fc.constant('integer'),
    minimum: fc.integer({ min: -100, max: 0 }),
    maximum: fc.integer({ min: 12, max: 500 }),
    multipleOf: fc.integer({ min: 1, max: 12 }),
  },
  { requiredKeys: ['type'] },
)
const fraction = fc.record(
  { type: fc.constant('number'), exclusiveMinimum: fc.integer({ min: -5, max: 0 }), multipleOf: fc.constantFrom(0.1, 0.25, 0.5) },
  { requiredKeys: ['type'] },
)

/** Schemas that some value satisfies. */
const { schema: schemas } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    formatted.map((format) => ({ type: 'string', format })),
    patterned.map((pattern) => ({ type: 'string', pattern })),
    whole,
    fraction,
    fc.constantFrom<unknown>({ type: 'boolean' }, { type: 'null' }, {}, true),
    fc
      .uniqueArray(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 3, comparator: 'SameValue' })
      .map((values) => ({ enum: values })),
    fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(3) }, { requiredKeys: ['type', 'items'] }),
    fc
      .array(tie('schema'), { minLength: 1, maxLength: 3 })
      .map((prefixItems) => ({ type: 'array', prefixItems, minItems: prefixItems.length, items: false })),
    fc.dictionary(fc.string({ maxLength: 8 }), tie('schema'), { maxKeys: 4 }).map((properties) => ({
      type: 'object',
      properties,
      required: Object.keys(properties).slice(0, 2),
      additionalProperties: false,
    })),
    fc.record(
      { type: fc.constant('object'), additionalProperties: tie('schema'), minProperties: fc.nat(2) },
      { requiredKeys: ['type', 'additionalProperties'] },
    ),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    tie('schema').map((schema) => ({ allOf: [schema, {}] })),
    tie('schema').map((schema) => ({ oneOf: [schema, false] })),
  ),
}))

t.test('a sample of any schema that can be satisfied is valid', async (t) => {
  fc.assert(
    fc.property(schemas, (schema) => {
      t.strictSame(sample(schema).errors, [], JSON.stringify(schema))
    }),
    { numRuns: 300, seed: 20260131 },
  )
})

t.test('a sample of any schema whatever is valid or none', async (t) => {
  const wild = fc.array(schemas, { minLength: 2, maxLength: 3 })
  fc.assert(
    fc.property(wild, fc.constantFrom('allOf', 'oneOf', 'not'), (list, keyword) => {
      const { value, errors } = sample(keyword === 'not' ? { allOf: list.slice(1), not: list[0] } : { [keyword]: list })
      t.ok(value === undefined || errors.length === 0)
    }),
    { numRuns: 150, seed: 20260131 },
  )
})
