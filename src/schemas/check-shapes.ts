import { isObject } from '../documents/document.ts'
import { nearest } from '../documents/suggest.ts'
import type { SchemaDialect } from './dialects.ts'

/** What is wrong with a keyword's value: `must be …`. */
export interface ShapeFinding {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint?: string
}

export interface Shape {
  check(value: unknown, dialect: SchemaDialect): ShapeFinding | undefined
  /** Whether the value is a schema, or holds schemas as members or items. */
  readonly below?: 'schema' | 'schemas'
}

const error = (message: string, hint?: string): ShapeFinding => ({
  severity: 'error',
  message,
  ...(hint !== undefined && { hint }),
})
const ignored = (message: string, hint?: string): ShapeFinding => ({
  severity: 'warning',
  message: `is ignored: it must be ${message}`,
  ...(hint !== undefined && { hint }),
})

function shape(accepts: (value: unknown) => boolean, finding: ShapeFinding, below?: Shape['below']): Shape {
  return { check: (value) => (accepts(value) ? undefined : finding), ...(below !== undefined && { below }) }
}

const isText = (value: unknown) => typeof value === 'string'
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)
const isFlag = (value: unknown) => typeof value === 'boolean'
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0

const schema = shape(() => true, error('must be a schema'), 'schema')
const schemaMap = shape(isObject, error('must be an object of schemas'), 'schemas')
const schemaList = shape(
  (value) => Array.isArray(value) && value.length > 0,
  error('must be a list of at least one schema'),
  'schemas',
)
const count = shape(isCount, error('must be a whole number from 0'))
const flag = shape(isFlag, ignored('true or false'))
const limit = shape((value) => Number.isFinite(value), error('must be a number'))

const typeNames = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string']

const type: Shape = {
  check(value, dialect) {
    const names: unknown[] = Array.isArray(value) ? value : [value]
    const unknown = names.find((name) => !typeNames.includes(name as string))
    if (unknown === undefined && names.length > 0) return undefined
    const near = typeof unknown === 'string' ? nearest(unknown, typeNames) : undefined
    const hint = unknown === null ? 'The type null is written in quotes: "null".' : near && `Did you mean "${near}"?`
    return error(`must be one of ${typeNames.filter((name) => name !== 'null' || !dialect.nullable).join(', ')}`, hint)
  },
}

/** A number, or true and false where the dialect has it so; the other notation means nothing and only warns. */
const exclusiveLimit: Shape = {
  check(value, dialect) {
    if (dialect.booleanLimits ? isFlag(value) : Number.isFinite(value)) return undefined
    if (!isFlag(value) && !Number.isFinite(value)) return error(`must be ${dialect.booleanLimits ? 'true or false' : 'a number'}`)
    return ignored(`${dialect.booleanLimits ? 'true or false' : 'a number'} in ${dialect.name}`)
  },
}

const required: Shape = {
  check(value) {
    if (isTexts(value)) return undefined
    if (isFlag(value)) return ignored('a list of names', 'Name the property in "required" of the object that has it.')
    return error('must be a list of names')
  },
}

const items: Shape = {
  check(value, dialect) {
    if (!Array.isArray(value) || dialect.legacyArrays) return undefined
    return ignored(
      `one schema in ${dialect.name}`,
      dialect.keywords ? undefined : 'A schema for each item is written with "prefixItems".',
    )
  },
  below: 'schema',
}

const discriminator = shape(
  (value) => isObject(value) && isText(value.propertyName),
  ignored('an object with "propertyName"', 'discriminator: { propertyName: kind }'),
)

/** The shape of each keyword that decides something. */
export const keywordShapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['type', type],
  ['enum', shape(Array.isArray, error('must be a list of values'))],
  ['multipleOf', shape((value) => Number.isFinite(value) && (value as number) > 0, error('must be a number greater than 0'))],
  ['minimum', limit],
  ['maximum', limit],
  ['exclusiveMinimum', exclusiveLimit],
  ['exclusiveMaximum', exclusiveLimit],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains', 'maxContains'].map(
    (name): [string, Shape] => [name, count],
  ),
  ['pattern', shape(isText, error('must be a regular expression'))],
  ['format', shape(isText, ignored('a name'))],
  ['uniqueItems', flag],
  ['readOnly', flag],
  ['writeOnly', flag],
  ['required', required],
  [
    'dependentRequired',
    shape((value) => isObject(value) && Object.values(value).every(isTexts), error('must be an object of lists of names')),
  ],
  ['items', items],
  ...[
    'additionalProperties',
    'propertyNames',
    'unevaluatedProperties',
    'unevaluatedItems',
    'contains',
    'not',
    'if',
    'then',
    'else',
  ].map((name): [string, Shape] => [name, schema]),
  ...['properties', 'patternProperties', 'dependentSchemas'].map((name): [string, Shape] => [name, schemaMap]),
  ...['allOf', 'anyOf', 'oneOf', 'prefixItems'].map((name): [string, Shape] => [name, schemaList]),
  ['discriminator', discriminator],
])

/** All keywords that a schema may have, those that only describe too. */
export const knownKeywords: ReadonlySet<string> = new Set([
  ...keywordShapes.keys(),
  ...(
    '$ref $dynamicRef $id $schema $anchor $dynamicAnchor $defs $comment $vocabulary $recursiveRef $recursiveAnchor id definitions ' +
    'title description default const deprecated example examples externalDocs xml contentEncoding contentMediaType contentSchema ' +
    'additionalItems dependencies nullable'
  ).split(' '),
])
