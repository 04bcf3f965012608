import { child, isObject, type Located, members } from '../documents/document.ts'
import { dialectByUri, referredDialect, type SchemaDialect } from './dialects.ts'
import { resolveDiscriminator } from './discriminator.ts'
import { nullable, readBooleanLimits } from './openapi30.ts'
import { flaggedProperties } from './property-flags.ts'
import type { Resources, Target } from './resources.ts'
import type { Direction, Entry, Rule, RuleObject, Scope } from './rule.ts'
import { enterScope } from './scope.ts'

/** What translation needs from the compiler: how references are resolved, and the number of the entry for a target. */
export interface Translation {
  readonly resources: Resources
  /** The number of the entry for a schema; made when it is new. */
  refer(schema: Located, dialect: SchemaDialect, direction: Direction, scope: Scope, omitted: ReadonlySet<string>): number
}

interface Place {
  readonly dialect: SchemaDialect
  readonly direction: Direction
  readonly scope: Scope
  readonly translation: Translation
  /** Names of properties that the direction leaves out (readOnly in requests, writeOnly in responses). */
  readonly omitted: ReadonlySet<string>
}

export const nothingOmitted: ReadonlySet<string> = new Set()

/** Translates one schema to the inner form; schemas that it refers to become entries of their own. */
export function translate(entry: Entry, translation: Translation): Rule {
  return translateSchema(entry.schema, { ...entry, translation })
}

function translateSchema(schema: Located, outer: Place): Rule {
  if (typeof schema.value === 'boolean') return schema.value
  // A schema that is no schema is reported by check(); a value that nobody can judge is refused.
  if (!isObject(schema.value)) return false
  const place = placeOf(schema as Located<Record<string, unknown>>, outer)
  const rule: RuleObject = {}
  const source = schema.value
  if (Object.hasOwn(source, '$ref')) {
    const alone = translateReference(source.$ref, schema, place)
    if (place.dialect.refStandsAlone || typeof alone === 'boolean') {
      if (place.dialect.refStandsAlone || alone === false) return alone
    } else rule.reference = alone.reference as number
  }
  addDynamicReference(schema, rule, place)
  for (const keyword of Object.keys(source)) {
    if (place.dialect.keywords !== undefined && !place.dialect.keywords.has(keyword)) continue
    const add = keywords.get(keyword)
    if (add !== undefined) add(rule, child(schema, keyword) as Located, source, place)
  }
  if (place.dialect.booleanLimits) readBooleanLimits(source, rule)
  if (place.dialect.nullable && source.nullable === true) return nullable(rule, source)
  return rule
}

function placeOf(schema: Located<Record<string, unknown>>, outer: Place): Place {
  let place = outer
  const { $schema, $id, $dynamicAnchor, $anchor } = schema.value
  if (typeof $schema === 'string' && outer.dialect.keywords === undefined) {
    const dialect = dialectByUri($schema)
    if (dialect !== undefined && dialect !== place.dialect) place = { ...place, dialect }
  }
  if ($id !== undefined || $dynamicAnchor !== undefined || $anchor !== undefined) {
    const scope = enterScope(place.scope, schema, place.translation.resources)
    if (scope !== place.scope) place = { ...place, scope }
  }
  const flag = place.direction === 'request' ? 'readOnly' : 'writeOnly'
  const omitted = flaggedProperties(schema, flag, place.translation.resources, place.omitted)
  return omitted === place.omitted ? place : { ...place, omitted }
}

function translateReference(reference: unknown, schema: Located, place: Place): Rule {
  const target = typeof reference === 'string' ? place.translation.resources.resolve(reference, schema) : undefined
  // check() has reported a dead end; what cannot be judged is refused.
  return target === undefined ? false : referTo(target, place)
}

function referTo(target: Target, place: Place): RuleObject {
  const { resources, refer } = place.translation
  const scope = enterScope(place.scope, target.schema, resources)
  const dialect = referredDialect(target.schema, place.dialect)
  return { reference: refer(target.schema, dialect, place.direction, scope, place.omitted) }
}

/** JSON Schema 2020-12 section 8.2.3.2: the outermost dynamic anchor of the name wins, if the reference first leads to one. */
function addDynamicReference(schema: Located, rule: RuleObject, place: Place): void {
  const source = schema.value as Record<string, unknown>
  const { $dynamicRef: reference } = source
  if (typeof reference !== 'string' || place.dialect.keywords !== undefined) return
  const first = place.translation.resources.resolve(reference, schema)
  if (first === undefined) {
    addAll(rule, [false])
    return
  }
  const bound = first.dynamicAnchor === undefined ? undefined : place.scope.anchors.get(first.dynamicAnchor)
  const found = referTo(bound ? { schema: bound } : first, place)
  if (rule.reference === undefined) rule.reference = found.reference as number
  else addAll(rule, [found])
}

function addAll(rule: RuleObject, more: readonly Rule[]): void {
  rule.allOf = [...((rule.allOf as Rule[] | undefined) ?? []), ...more]
}

type Add = (rule: RuleObject, node: Located, source: Record<string, unknown>, place: Place) => void

const inner = (place: Place): Place => (place.omitted.size === 0 ? place : { ...place, omitted: nothingOmitted })

/** Keywords that are copied when they have the shape that gives them a meaning. */
function copy(shape: (value: unknown) => boolean): Add {
  return (rule, node) => {
    if (shape(node.value)) rule[lastToken(node)] = node.value
  }
}

const schemaBelow: Add = (rule, node, _source, place) => {
  rule[lastToken(node)] = translateSchema(node, inner(place))
}

/** Applies to the same value, so that what the direction leaves out stays known. */
const schemaHere: Add = (rule, node, _source, place) => {
  rule[lastToken(node)] = translateSchema(node, place)
}

const listBelow: Add = (rule, node, _source, place) => {
  if (Array.isArray(node.value)) rule[lastToken(node)] = members(node).map(([, member]) => translateSchema(member, inner(place)))
}

const listHere: Add = (rule, node, _source, place) => {
  if (!Array.isArray(node.value) || node.value.length === 0) return
  const branches = members(node).map(([, member]) => translateSchema(member, place))
  if (lastToken(node) === 'allOf') addAll(rule, branches)
  else rule[lastToken(node)] = branches
}

function mapOf(translateMember: (member: Located, place: Place) => unknown): Add {
  return (rule, node, _source, place) => {
    if (!isObject(node.value)) return
    const map: Record<string, unknown> = {}
    for (const [name, member] of members(node)) setOwn(map, name, translateMember(member, place))
    rule[lastToken(node)] = map
  }
}

const addProperties: Add = (rule, node, _source, place) => {
  if (!isObject(node.value)) return
  const map: Record<string, unknown> = {}
  for (const [name, member] of members(node)) {
    const property = translateProperty(name, member, place)
    // Ajv skips `__proto__` in `properties`; as a pattern it is a name like any other.
    if (name === '__proto__')
      rule.patternProperties = { ...(rule.patternProperties as object | undefined), '^__proto__$': property }
    else map[name] = property
  }
  rule.properties = map
}

/** OpenAPI 3.1 section 4.8.24: a writeOnly property must not come back; a readOnly one that is sent is tolerated, and goes unread. */
function translateProperty(name: string, member: Located, place: Place): Rule {
  const translated = translateSchema(member, inner(place))
  if (!place.omitted.has(name) || translated === false) return translated
  return place.direction === 'request' ? { ...(translated === true ? {} : translated), readOnly: true } : { withheld: true }
}

const addPatternProperties: Add = (rule, node, _source, place) => {
  if (!isObject(node.value)) return
  const map = { ...(rule.patternProperties as Record<string, Rule> | undefined) }
  for (const [pattern, member] of members(node)) map[pattern] = translateSchema(member, inner(place))
  rule.patternProperties = map
}

function stillRequired(names: readonly string[], { omitted }: Place): string[] {
  return names.filter((name) => !omitted.has(name))
}

const addRequired: Add = (rule, node, _source, place) => {
  if (!isStringList(node.value)) return
  const names = stillRequired([...new Set(node.value)], place)
  if (names.length > 0) rule.required = names
}

const addItems: Add = (rule, node, source, place) => {
  if (!Array.isArray(node.value)) {
    schemaBelow(rule, node, source, place)
    return
  }
  if (place.dialect.legacyArrays) rule.prefixItems = members(node).map(([, member]) => translateSchema(member, inner(place)))
}

const addAdditionalItems: Add = (rule, node, source, place) => {
  if (place.dialect.legacyArrays && Array.isArray(source.items)) rule.items = translateSchema(node, inner(place))
}

/**
 * `dependencies` holds lists of names and schemas side by side. Later dialects split it (JSON Schema 2020-12 Core, appendix on
 * compatibility), but who writes it there means the same by it, and a constraint that nobody checks is worse than an old word.
 */
const addDependencies: Add = (rule, node, _source, place) => {
  if (!isObject(node.value)) return
  const names: Record<string, unknown> = {}
  const schemas: Record<string, unknown> = {}
  for (const [name, member] of members(node)) {
    if (isStringList(member.value)) setOwn(names, name, stillRequired(member.value, place))
    else setOwn(schemas, name, translateSchema(member, place))
  }
  addAll(rule, [{ dependentRequired: names, dependentSchemas: schemas }])
}

const addEnum: Add = (rule, node) => {
  if (!Array.isArray(node.value)) return
  if (node.value.length === 0) addAll(rule, [false])
  else rule.enum = node.value
}

const addExamples: Add = (rule, node) => {
  const found = lastToken(node) === 'example' ? [node.value] : Array.isArray(node.value) ? node.value : []
  const examples = [...(rule.examples ?? []), ...found]
  // Not enumerable: Ajv looks for `$id` in every object below a schema, and an example may hold anything.
  Object.defineProperty(rule, 'examples', { value: examples, enumerable: false, configurable: true })
}

const addDiscriminator: Add = (rule, node, source, place) => {
  const { resources } = place.translation
  const discriminate = resolveDiscriminator(node, source, resources)
  if (discriminate) rule.discriminate = discriminate
}

const types = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'])
const addType: Add = (rule, node) => {
  const list = (Array.isArray(node.value) ? [...new Set(node.value)] : [node.value]).filter((type) => types.has(type as string))
  if (list.length > 0) rule.type = list.length === 1 ? list[0] : list
  else addAll(rule, [false])
}

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0
const isNumber = (value: unknown) => Number.isFinite(value)
const isString = (value: unknown) => typeof value === 'string'
const isBoolean = (value: unknown) => typeof value === 'boolean'
const anything = () => true
function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isString)
}

const keywords: ReadonlyMap<string, Add> = new Map<string, Add>([
  ['type', addType],
  ['enum', addEnum],
  ['const', copy(anything)],
  ['multipleOf', copy((value) => isNumber(value) && (value as number) > 0)],
  ...['maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'].map((name): [string, Add] => [name, copy(isNumber)]),
  ...['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties', 'maxContains', 'minContains'].map(
    (name): [string, Add] => [name, copy(isCount)],
  ),
  ...['pattern', 'format', 'title'].map((name): [string, Add] => [name, copy(isString)]),
  ['uniqueItems', copy(isBoolean)],
  ['readOnly', copy(isBoolean)],
  ['default', copy(anything)],
  ['required', addRequired],
  ['properties', addProperties],
  ['patternProperties', addPatternProperties],
  ['additionalProperties', schemaBelow],
  ['propertyNames', schemaBelow],
  ['unevaluatedProperties', schemaBelow],
  ['unevaluatedItems', schemaBelow],
  ['contains', schemaBelow],
  ['items', addItems],
  ['prefixItems', listBelow],
  ['additionalItems', addAdditionalItems],
  ['allOf', listHere],
  ['anyOf', listHere],
  ['oneOf', listHere],
  ...['not', 'if', 'then', 'else'].map((name): [string, Add] => [name, schemaHere]),
  ['dependentSchemas', mapOf(translateSchema)],
  ['dependentRequired', mapOf((member, place) => (isStringList(member.value) ? stillRequired(member.value, place) : []))],
  ['dependencies', addDependencies],
  ['discriminator', addDiscriminator],
  ['example', addExamples],
  ['examples', addExamples],
])

function lastToken(node: Located): string {
  return node.pointer.slice(node.pointer.lastIndexOf('/') + 1)
}

function setOwn(map: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true })
}
