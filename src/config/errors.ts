import type { ErrorObject } from 'ajv'
import { stringify } from 'yaml'
import type { DiagnosticCode } from '../documents/diagnostic-codes.ts'
import { escapePointer, isObject } from '../documents/document.ts'
import { nearest } from '../documents/suggest.ts'
import { chooseErrors } from './alternatives.ts'
import type { SchemaNode } from './defaults.ts'
import { describe, list, show, spell } from './words.ts'

/** One finding about a value that its schema does not allow. */
export interface SchemaFinding {
  code: DiagnosticCode
  pointer: string
  /** Which part of the member is meant. */
  what: 'key' | 'value'
  message: string
  hint?: string
}

/** Where the value that was checked stands, for messages: a pointer that is put before those of the errors. */
export type Base = string

/** Turns the errors of Ajv (`allErrors`, `verbose`) into sentences, one for each thing that somebody has to change. */
export function explainErrors(errors: readonly ErrorObject[], base: Base = ''): SchemaFinding[] {
  return chooseErrors(errors).map((error) => explain(error, base))
}

type Explain = (
  error: ErrorObject,
  at: string,
  schema: SchemaNode,
) => Omit<SchemaFinding, 'pointer' | 'what'> & Partial<SchemaFinding>

/** In characters: longer examples would bury what they are an example of. */
const longestExample = 80

const explanations: Record<string, Explain> = {
  additionalProperties: (error, at, schema) => unknownKey(error, at, schema),
  required(error, at, schema) {
    const name = String(error.params.missingProperty)
    const [example] = schema.properties?.[name]?.examples ?? []
    const line = example === undefined ? '' : write(name, example)
    const hint = line === '' || line.length > longestExample ? `Add "${name}".` : `Add "${name}", for example ${line}`
    return { code: 'missing-key', what: 'key', message: `${spell(at)} has no "${name}"`, hint }
  },
  type: (error, at, schema) => ({
    code: 'wrong-type',
    message: `${value(error, at)}; it must be ${describe(schema)}`,
    ...listOfOne(error, [schema]),
    ...objectOfOne(error, schema),
  }),
  enum: (error, at, schema) => wrongChoice(error, at, (schema.enum ?? []).map(String)),
  const: (error, at, schema) => ({
    code: 'wrong-value',
    message: `${value(error, at)}; it must be ${describe(schema)}`,
    ...didYouMean(error, [schema.const]),
  }),
  anyOf: (error, at, schema) => ({
    code: 'wrong-value',
    message: `${value(error, at)}; it must be ${describe({ anyOf: schema.anyOf ?? schema.oneOf ?? [] })}`,
    ...listOfOne(error, schema.anyOf ?? []),
    ...didYouMean(error, choicesOf(schema)),
  }),
  oneOf: (error, at, schema) => wrongAlternative(error, at, schema),
  pattern: (error, at, schema) => ({
    code: 'wrong-value',
    message: `${value(error, at)}; it must be ${describe(schema)}`,
    ...didYouMean(error, schema.examples ?? []),
  }),
  minimum: (error, at, schema) => ({ code: 'out-of-range', message: `${value(error, at)}; it must be ${describe(schema)}` }),
  maximum: (error, at, schema) => ({ code: 'out-of-range', message: `${value(error, at)}; it must be ${describe(schema)}` }),
  minLength: (error, at) => ({
    code: 'wrong-value',
    message: `${value(error, at)}; it must have ${limit(error, 'character', 'at least')}`,
  }),
  maxLength: (error, at) => ({
    code: 'wrong-value',
    message: `${value(error, at)}; it must have ${limit(error, 'character', 'at most')}`,
  }),
  minItems: (error, at) => ({
    code: 'wrong-value',
    message: `${value(error, at)}; it must have ${limit(error, 'entry', 'at least')}`,
  }),
  maxItems: (error, at) => ({
    code: 'wrong-value',
    message: `${value(error, at)}; it must have ${limit(error, 'entry', 'at most')}`,
  }),
  uniqueItems: (error, at) => ({
    code: 'wrong-value',
    pointer: `${at}/${error.params.i}`,
    message: `${spell(at)} lists ${show((error.data as unknown[])[error.params.i])} twice`,
  }),
  minProperties: (error, at, schema) => countOfKeys(error, at, schema),
  maxProperties: (error, at, schema) => countOfKeys(error, at, schema),
}

function explain(error: ErrorObject, base: Base): SchemaFinding {
  const at = base + error.instancePath
  const words = explanations[error.keyword]?.(error, at, (error.parentSchema ?? {}) as SchemaNode) ?? {
    code: 'wrong-value',
    message: `${value(error, at)}; it ${error.message ?? 'is not allowed'}`,
  }
  return { pointer: at, what: 'value', ...words }
}

function unknownKey(error: ErrorObject, at: string, schema: SchemaNode): ReturnType<Explain> {
  const name = String(error.params.additionalProperty)
  const known = Object.keys(schema.properties ?? {})
  const near = nearest(name, known)
  const hint = near === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean "${near}"?`
  const where = at === '' ? '' : ` in ${spell(at)}`
  return {
    code: 'unknown-key',
    pointer: `${at}/${escapePointer(name)}`,
    what: 'key',
    message: `unknown key "${name}"${where}`,
    hint,
  }
}

function wrongChoice(error: ErrorObject, at: string, choices: string[]): ReturnType<Explain> {
  return { code: 'wrong-value', message: `${value(error, at)}; allowed are ${list(choices)}`, ...didYouMean(error, choices) }
}

function wrongAlternative(error: ErrorObject, at: string, schema: SchemaNode): ReturnType<Explain> {
  const keys = exclusiveKeys(schema)
  if (keys === undefined)
    return {
      code: 'wrong-value',
      message: `${value(error, at)}; it must be ${describe({ anyOf: schema.anyOf ?? schema.oneOf ?? [] })}`,
    }
  const given = keys.filter((key) => isObject(error.data) && Object.hasOwn(error.data, key))
  const found = given.length === 0 ? 'none of them' : list(given)
  return { code: 'wrong-value', what: 'key', message: `${spell(at)} needs exactly one of ${list(keys)}, and has ${found}` }
}

/** The keys of `oneOf: [{ required: [a] }, { required: [b] }]`. */
export function exclusiveKeys(schema: SchemaNode): string[] | undefined {
  const keys = (schema.oneOf ?? []).map(({ required }) => required?.[0])
  return keys.length > 0 && keys.every((key) => key !== undefined) ? keys : undefined
}

function countOfKeys(error: ErrorObject, at: string, schema: SchemaNode): ReturnType<Explain> {
  const known = Object.keys(schema.properties ?? {})
  const given = Object.keys(error.data as object)
  const found = given.length === 0 ? 'none' : list(given)
  return { code: 'wrong-value', what: 'key', message: `${spell(at)} needs exactly one of ${list(known)}, and has ${found}` }
}

function choicesOf(schema: SchemaNode): unknown[] {
  return (schema.anyOf ?? []).flatMap((branch) => branch.enum ?? ('const' in branch ? [branch.const] : []))
}

function didYouMean(error: ErrorObject, choices: readonly unknown[]): { hint?: string } {
  const names = choices.filter((choice) => typeof choice === 'string')
  const near = typeof error.data === 'string' ? nearest(error.data, names) : undefined
  return near === undefined ? {} : { hint: `Did you mean "${near}"?` }
}

/** One name where a list of names is meant. */
function listOfOne({ data }: ErrorObject, branches: readonly SchemaNode[]): { hint?: string } {
  const takesNames = branches.some(
    ({ type, items }) => type === 'array' && (items?.type === 'string' || items?.enum !== undefined),
  )
  return typeof data === 'string' && takesNames ? { hint: `Write [${/^[\w-]+$/.test(data) ? data : JSON.stringify(data)}].` } : {}
}

/** A key and its value as they stand in one line of YAML. */
function write(name: string, value: unknown): string {
  return stringify({ [name]: value }, { collectionStyle: 'flow', lineWidth: 0 })
    .trim()
    .slice(2, -2)
}

/** Text where an object is meant that needs only one text. */
function objectOfOne({ data }: ErrorObject, { type, required = [], properties = {} }: SchemaNode): { hint?: string } {
  const [key = '', ...others] = required
  if (typeof data !== 'string' || type !== 'object' || others.length > 0 || typeof properties[key]?.examples?.[0] !== 'string')
    return {}
  return { hint: `Write { ${write(key, data)} }.` }
}

/** Secrets (`writeOnly` in the schema) are never repeated. */
function value(error: ErrorObject, at: string): string {
  return (error.parentSchema as SchemaNode | undefined)?.writeOnly === true
    ? `${spell(at)} has a wrong value`
    : `${spell(at)} is ${show(error.data)}`
}

function limit(error: ErrorObject, unit: string, bound: string): string {
  const count = Number(error.params.limit)
  return `${bound} ${count} ${count === 1 ? unit : unit.replace(/y$/, 'ie').concat('s')}`
}
