import t from 'tap'
import { schemaDocument } from './schema-document.ts'

interface Row {
  schema: unknown
  dialect?: '3.0' | '3.1'
  says: string[]
}

const at = '/components/schemas/Subject'

/** severity, place below the schema, message, hint */
const rows: Row[] = [
  {
    schema: { type: 'strnig' },
    says: [
      'error /type: "type" must be one of null, boolean, object, array, number, integer, string, not "strnig" (Did you mean "string"?)',
    ],
  },
  {
    schema: { type: [null] },
    says: [
      'error /type: "type" must be one of null, boolean, object, array, number, integer, string, not a list (The type null is written in quotes: "null".)',
    ],
  },
  { schema: { properties: { a: 5 } }, says: ['error /properties/a: a schema is an object or true or false, not 5'] },
  { schema: { items: { minLength: -1 } }, says: ['error /items/minLength: "minLength" must be a whole number from 0, not -1'] },
  { schema: { pattern: '(' }, says: ['error /pattern: "(" is no regular expression (ECMA-262)'] },
  { schema: { patternProperties: { '[': true } }, says: ['error /patternProperties: "[" is no regular expression (ECMA-262)'] },
  {
    schema: { properties: { a: { required: true } } },
    says: [
      'warning /properties/a/required: "required" is ignored: it must be a list of names, not true (Name the property in "required" of the object that has it.)',
    ],
  },
  {
    schema: { type: 'string', nullable: true },
    says: [
      'warning /nullable: "nullable" means nothing in JSON Schema 2020-12 (Write "null" among the types: type: [string, "null"].)',
    ],
  },
  {
    schema: { exclusiveMinimum: true },
    says: ['warning /exclusiveMinimum: "exclusiveMinimum" is ignored: it must be a number in JSON Schema 2020-12, not true'],
  },
  {
    schema: { requird: ['a'] },
    says: ['warning /requird: "requird" is no keyword of JSON Schema 2020-12 (Did you mean "required"?)'],
  },
  { schema: { items: { $ref: null } }, says: ['error /items/$ref: a $ref is text, not null'] },
  { schema: { $dynamicRef: '#nowhere' }, says: ['error /$dynamicRef: the reference "#nowhere" leads to no schema'] },
  {
    schema: { $schema: 'https://example.com/dialect' },
    says: ['warning /$schema: the dialect "https://example.com/dialect" is not known; the schema is read as JSON Schema 2020-12'],
  },
  {
    dialect: '3.0',
    schema: { items: [{}] },
    says: ['warning /items: "items" is ignored: it must be one schema in OpenAPI 3.0, not a list'],
  },
  { dialect: '3.0', schema: { const: 1, 'x-own': [], nullable: true, example: { type: 'no' } }, says: [] },
  { schema: { $ref: '#/components/schemas/Subject', examples: [{ type: 5 }], default: { $ref: 1 } }, says: [] },
]

for (const { schema, dialect, says } of rows) {
  t.test(JSON.stringify(schema), async (t) => {
    const { compiler, diagnostics, subject, dialect: own } = schemaDocument(schema, {}, dialect)
    compiler.validator(subject, own, 'request')
    compiler.check()
    const found = diagnostics.all.map(({ severity, at: place, message, hint }) => {
      return `${severity} ${place?.file.replace(at, '')}: ${message}${hint === undefined ? '' : ` (${hint})`}`
    })
    t.strictSame(found, says)
  })
}
