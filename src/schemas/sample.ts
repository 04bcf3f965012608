import { compilePattern } from '../patterns/pattern.ts'
import type { Checker } from './function-keyword.ts'
import type { Direction, Rule, RuleObject } from './rule.ts'
import { choicesOf } from './sample-choices.ts'
import { mergeRule, type Shape } from './sample-merge.ts'
import { samplePattern } from './sample-pattern.ts'
import { type Random, shuffled, varied } from './sample-random.ts'
import { sampleNumbers, sampleStrings } from './sample-scalars.ts'
import { typesOf } from './sample-types.ts'
import { canonical } from './unique-items.ts'

interface Walk {
  readonly direction: Direction
  readonly depth: number
  /** References that the way here led through. */
  readonly open: ReadonlySet<number>
  /** Every part is checked on its own, so that one bad example does not spoil the whole; slower. */
  readonly careful: boolean
  /** Only required properties. */
  readonly sparse: boolean
  /** Where values come from that differ from call to call; undefined for the same at every call. */
  readonly random: Random | undefined
  /** Shared by the whole walk: how many more schemas may be looked at. Recursion without an end would double at each level. */
  readonly effort: { left: number }
}

/** Optional properties are filled in down to here. */
const deepestOptional = 5
const deepest = 40
const mostEffort = 5000
/** How many values of one schema are looked at before it counts as one that admits none. */
const mostAttempts = 200

/**
 * A value that a rule accepts, the same at every call: from its examples, `default`, `const`, `enum`, else made from its keywords.
 * With `random` another one at each call, which is made from the keywords alone. Undefined when none was found; never a value
 * that the rule refuses.
 */
export function sampleValue(rule: Rule, direction: Direction, checker: Checker, random?: Random): unknown {
  const validate = checker.rule(rule)
  const start = { direction, depth: 0, open: new Set<number>(), careful: false, sparse: false, random }
  for (const manner of [{}, { careful: true }, { careful: true, sparse: true }]) {
    const walk: Walk = { ...start, ...manner, effort: { left: mostEffort } }
    for (const value of limited(values(rule, walk, checker), mostAttempts / 4)) if (validate(value)) return structuredClone(value)
  }
  return undefined
}

/** Values that a rule probably accepts (when `careful`: surely), the best first. */
function* values(rule: Rule, walk: Walk, checker: Checker): Generator<unknown> {
  if (rule === false || walk.depth > deepest || walk.effort.left-- <= 0) return
  if (!walk.careful) {
    yield* candidates(rule, walk, checker)
    return
  }
  let attempts = 0
  for (const value of candidates(rule, walk, checker)) {
    if (++attempts > mostAttempts) return
    if (checker.rule(rule)(value)) yield value
  }
}

function* candidates(rule: Rule, walk: Walk, checker: Checker): Generator<unknown> {
  let attempts = 0
  for (const choose of choicesOf(rule, checker)) {
    if (++attempts > mostAttempts) return
    const shape = mergeRule(rule, choose, walk.open, checker)
    // Contradicting parts may still agree for another choice.
    if (shape !== undefined) yield* ofShape(shape, walk, checker)
  }
}

function* ofShape(shape: Shape, walk: Walk, checker: Checker): Generator<unknown> {
  const { rule } = shape
  if (rule.const !== undefined) yield rule.const
  if (walk.random === undefined) {
    yield* rule.examples ?? []
    if (rule.default !== undefined) yield rule.default
  }
  if (Array.isArray(rule.enum)) {
    yield* walk.random === undefined ? rule.enum : shuffled(rule.enum, walk.random)
    return
  }
  for (const type of typesOf(rule)) yield* ofType(type, shape, walk, checker)
}

function* ofType(type: string, shape: Shape, walk: Walk, checker: Checker): Generator<unknown> {
  if (walk.random !== undefined) yield* varied(type, shape.rule, shape.patterns, walk.random)
  if (type === 'string') yield* sampleStrings(shape.rule, shape.patterns)
  else if (type === 'integer' || type === 'number') yield* sampleNumbers(shape.rule, type === 'integer')
  else if (type === 'boolean') yield* [true, false]
  else if (type === 'null') yield null
  else if (type === 'array') yield* arrays(shape, walk, checker)
  else yield* objects(shape, walk, checker)
}

const below = (shape: Shape, walk: Walk): Walk => ({ ...walk, depth: walk.depth + 1, open: shape.open })

/** True where another optional part would only repeat what the way here already led through. */
function repeats(rule: Rule, shape: Shape): boolean {
  return typeof rule === 'object' && rule.reference !== undefined && shape.open.has(rule.reference)
}

const mostItems = 1000

function* arrays(shape: Shape, walk: Walk, checker: Checker): Generator<unknown[]> {
  const { rule } = shape
  const inside = below(shape, walk)
  const least = (rule.minItems as number | undefined) ?? 0
  const most = Math.min((rule.maxItems as number | undefined) ?? mostItems, mostItems)
  const prefix = ((rule.prefixItems ?? []) as Rule[]).slice(0, most)
  const item = (rule.items ?? true) as Rule
  const contains = rule.contains as Rule | undefined
  const wanted = contains === undefined ? 0 : ((rule.minContains as number | undefined) ?? 1)
  const start: unknown[] = []
  for (const part of prefix) {
    const value = first(part, inside, checker)
    if (value === undefined) break
    start.push(value)
  }
  if (contains !== undefined && wanted > 0) {
    const both: Rule = rule.items === undefined ? contains : { allOf: [item, contains] }
    start.push(...distinct(both, wanted, rule.uniqueItems === true, inside, checker, start))
  }
  const optional =
    item !== false && rule.items !== undefined && !walk.sparse && walk.depth < deepestOptional && !repeats(item, shape)
  const more = walk.random === undefined || !optional ? [] : [Math.max(least, start.length + 1 + Math.floor(walk.random() * 3))]
  const lengths = [
    ...new Set([
      ...more,
      Math.max(least, start.length + (optional && start.length === 0 ? 1 : 0)),
      Math.max(least, start.length),
      least,
    ]),
  ]
  for (const length of lengths.filter((count) => count <= most)) {
    const missing = length - start.length
    const rest = missing > 0 && item !== false ? distinct(item, missing, rule.uniqueItems === true, inside, checker, start) : []
    const made = [...start.slice(0, length), ...rest]
    if (made.length >= least) yield made
  }
  for (const variant of limited(values(item, inside, checker), 8)) if (least <= 1 && most >= 1 && item !== true) yield [variant]
}

/** `count` values of a rule; all different (from `before` too) when `unique`. Fewer when there are no more. */
function distinct(
  rule: Rule,
  count: number,
  unique: boolean,
  walk: Walk,
  checker: Checker,
  before: readonly unknown[],
): unknown[] {
  if (!unique) {
    const value = first(rule, walk, checker)
    return value === undefined ? [] : Array.from({ length: count }, () => value)
  }
  const seen = new Set(before.map(canonical))
  const found: unknown[] = []
  for (const value of limited(values(rule, walk, checker), mostAttempts)) {
    const key = canonical(value)
    if (seen.has(key)) continue
    seen.add(key)
    found.push(value)
    if (found.length === count) break
  }
  return found
}

function first(rule: Rule, walk: Walk, checker: Checker): unknown {
  for (const value of values(rule, walk, checker)) return value
  return undefined
}

function* limited<Value>(source: Generator<Value>, most: number): Generator<Value> {
  let count = 0
  for (const value of source) {
    if (count++ >= most) return
    yield value
  }
}

function* objects(shape: Shape, walk: Walk, checker: Checker): Generator<Record<string, unknown>> {
  const { rule } = shape
  const full = object(shape, walk, checker, !walk.sparse && walk.depth < deepestOptional)
  if (full !== undefined) yield full
  const lean = object(shape, walk, checker, false)
  if (lean === undefined) return
  yield lean
  const inside = below(shape, walk)
  for (const name of Object.keys(lean)) {
    const property = propertyRule(rule, name)
    for (const value of limited(values(property, inside, checker), 16)) yield { ...lean, [name]: value }
  }
  if (walk.careful) yield* excluding(shape, lean, checker)
}

const oddities = [null, 0, 'string', true, [], {}]

/** What must not match (`not`, the other branches of `oneOf`) may ask for nothing that is required: a property of an odd type fails it. */
function* excluding(shape: Shape, lean: Record<string, unknown>, checker: Checker): Generator<Record<string, unknown>> {
  for (const branch of shape.excluded) {
    const other = mergeRule(branch, () => 0, new Set(), checker)?.rule.properties
    for (const name of Object.keys(other ?? {}).slice(0, 8)) {
      if (Object.hasOwn((shape.rule.properties ?? {}) as object, name)) continue
      for (const value of oddities)
        if (!checker.rule((other as Record<string, Rule>)[name] as Rule)(value)) yield { ...lean, [name]: value }
    }
  }
}

function propertyRule(rule: RuleObject, name: string): Rule {
  const properties = (rule.properties ?? {}) as Record<string, Rule>
  const matching = Object.entries((rule.patternProperties ?? {}) as Record<string, Rule>)
    .filter(([pattern]) => compilePattern(pattern)?.test(name))
    .map(([, matched]) => matched)
  if (Object.hasOwn(properties, name)) matching.push(properties[name] as Rule)
  if (matching.length === 0) return (rule.additionalProperties ?? true) as Rule
  return matching.length === 1 ? (matching[0] as Rule) : { allOf: matching }
}

function object(shape: Shape, walk: Walk, checker: Checker, optional: boolean): Record<string, unknown> | undefined {
  const { rule } = shape
  const inside = below(shape, walk)
  const required = new Set((rule.required ?? []) as string[])
  const most = (rule.maxProperties as number | undefined) ?? Number.POSITIVE_INFINITY
  const made: Record<string, unknown> = {}
  const add = (name: string): boolean => {
    const value = first(propertyRule(rule, name), inside, checker)
    if (value === undefined) return false
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true })
    return true
  }
  for (const name of withDependents(required, rule)) if (!add(name)) return undefined
  const properties = Object.entries((rule.properties ?? {}) as Record<string, Rule>)
  const left = properties.filter(([name, property]) => !Object.hasOwn(made, name) && isWanted(property, walk))
  for (const [name, property] of left) {
    if (optional && Object.keys(made).length < most && !repeats(property, shape)) add(name)
  }
  if (optional && properties.length === 0 && typeof rule.additionalProperties === 'object' && most > 0 && required.size === 0)
    add('key')
  for (const name of furtherNames(
    rule,
    left.map(([name]) => name),
    checker,
    inside,
  )) {
    if (Object.keys(made).length >= ((rule.minProperties as number | undefined) ?? 0)) break
    if (!Object.hasOwn(made, name)) add(name)
  }
  return made
}

/** What the direction leaves out is not made up either. */
function isWanted(property: Rule, { direction }: Walk): boolean {
  if (typeof property === 'boolean') return property
  return property.withheld !== true && !(direction === 'request' && property.readOnly === true)
}

function withDependents(required: ReadonlySet<string>, rule: RuleObject): Set<string> {
  const dependents = (rule.dependentRequired ?? {}) as Record<string, string[]>
  const names = new Set(required)
  // A set grows while it is walked, so that dependents of dependents are met too.
  for (const name of names)
    for (const dependent of Object.hasOwn(dependents, name) ? (dependents[name] as string[]) : []) names.add(dependent)
  return names
}

/** Names for more properties, where `minProperties` asks for them. */
function* furtherNames(rule: RuleObject, declared: readonly string[], checker: Checker, walk: Walk): Generator<string> {
  yield* declared
  for (const pattern of Object.keys(rule.patternProperties ?? {})) yield* samplePattern(pattern, 0, 100)
  if (rule.propertyNames !== undefined) {
    for (const name of limited(values(rule.propertyNames as Rule, walk, checker), 64)) if (typeof name === 'string') yield name
  }
  for (let index = 1; index <= 64; index++) yield `key${index}`
}
