import type { Checker } from './function-keyword.ts'
import type { Rule, RuleObject } from './rule.ts'
import type { Choose } from './sample-choices.ts'

/** What a rule and everything that applies beside it ask together, for one choice of its alternatives. */
export interface Shape {
  /** One rule without references, `allOf`, alternatives; `patterns` are all that a string must match. */
  readonly rule: RuleObject
  readonly patterns: readonly string[]
  /** The branches of `oneOf` that were not chosen, and what `not` says: the value must not match them. */
  readonly excluded: readonly Rule[]
  /** The entries that were stepped through, to see recursion. */
  readonly open: ReadonlySet<number>
}

interface Merge {
  readonly checker: Checker
  readonly choose: Choose
  readonly open: Set<number>
  readonly patterns: string[]
  readonly excluded: Rule[]
}

/** Merges a rule for one choice of its alternatives; undefined when its parts contradict each other. */
export function mergeRule(rule: Rule, choose: Choose, open: ReadonlySet<number>, checker: Checker): Shape | undefined {
  const merge: Merge = { checker, choose, open: new Set(open), patterns: [], excluded: [] }
  const merged = flatten(rule, merge, 0)
  if (merged === undefined) return undefined
  return { rule: merged, patterns: merge.patterns, excluded: merge.excluded, open: merge.open }
}

/** References that lead to themselves without a value between are cut off here. */
const deepest = 64

function flatten(rule: Rule, merge: Merge, depth: number): RuleObject | undefined {
  if (rule === false || depth > deepest) return undefined
  if (rule === true) return {}
  const { reference, allOf, anyOf, oneOf, discriminate, if: condition, then, else: otherwise, ...own } = rule
  if (typeof own.pattern === 'string') merge.patterns.push(own.pattern)
  if (own.not !== undefined) merge.excluded.push(own.not as Rule)
  let merged: RuleObject | undefined = { ...own, ...(rule.examples && { examples: rule.examples }) }
  const parts: Rule[] = [...((allOf ?? []) as Rule[])]
  if (reference !== undefined) {
    merge.open.add(reference)
    parts.push(merge.checker.target(reference))
  }
  for (const [keyword, branches] of Object.entries({ oneOf, anyOf, if: conditional(condition, then, otherwise) })) {
    if (branches === undefined) continue
    const list = branches as Rule[]
    const index = merge.choose(list.length)
    parts.push(list[index] as Rule)
    if (keyword === 'oneOf') merge.excluded.push(...list.toSpliced(index, 1))
    if (discriminate?.branches === keyword) parts.push(tagged(discriminate, index))
  }
  const lone = parts.length === 1
  for (const part of parts) {
    const flat = flatten(part, merge, depth + 1)
    merged = flat && merged && conjoin(merged, flat, lone)
    if (merged === undefined) return undefined
  }
  return merged
}

function conditional(condition: unknown, then: unknown, otherwise: unknown): Rule[] | undefined {
  if (condition === undefined) return undefined
  return [{ allOf: [condition, then ?? true] }, { allOf: [{ not: condition }, otherwise ?? true] }]
}

/** The property that makes a discriminator choose a branch. */
function tagged({ property, choices }: NonNullable<RuleObject['discriminate']>, index: number): Rule {
  const value = Object.keys(choices).find((name) => choices[name] === index)
  return value === undefined ? true : { properties: { [property]: { const: value } }, required: [property] }
}

const larger = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains']
const smaller = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains']
const both = ['items', 'additionalProperties', 'propertyNames', 'contains', 'not']

/** What both rules ask; undefined when nothing can be both. `lone`: `b` is all there is beside, so its examples count. */
function conjoin(a: RuleObject, b: RuleObject, lone: boolean): RuleObject | undefined {
  const merged: RuleObject = { ...b, ...a }
  for (const keyword of larger) pick(merged, keyword, a, b, Math.max)
  for (const keyword of smaller) pick(merged, keyword, a, b, Math.min)
  for (const keyword of both) {
    if (a[keyword] !== undefined && b[keyword] !== undefined) merged[keyword] = { allOf: [a[keyword], b[keyword]] }
  }
  const types = commonTypes(a.type, b.type)
  if (types?.length === 0) return undefined
  if (types !== undefined) merged.type = types
  if (Array.isArray(a.enum) && Array.isArray(b.enum)) {
    const allowed = new Set(b.enum.map((value) => JSON.stringify(value)))
    merged.enum = a.enum.filter((value) => allowed.has(JSON.stringify(value)))
  }
  if (a.required || b.required)
    merged.required = [...new Set([...((a.required ?? []) as string[]), ...((b.required ?? []) as string[])])]
  for (const keyword of ['properties', 'patternProperties']) {
    if (a[keyword] !== undefined && b[keyword] !== undefined) merged[keyword] = conjoinMaps(a[keyword], b[keyword])
  }
  if (a.prefixItems && b.prefixItems) merged.prefixItems = conjoinLists(a.prefixItems as Rule[], b.prefixItems as Rule[])
  // Ajv's multiples are positive; the product is a multiple of both.
  if (typeof a.multipleOf === 'number' && typeof b.multipleOf === 'number') merged.multipleOf = a.multipleOf * b.multipleOf
  const examples = a.examples ?? (lone ? b.examples : undefined)
  delete merged.examples
  if (examples) merged.examples = examples
  if (!lone && a.default === undefined) delete merged.default
  return merged
}

function pick(merged: RuleObject, keyword: string, a: RuleObject, b: RuleObject, choose: (a: number, b: number) => number): void {
  if (typeof a[keyword] === 'number' && typeof b[keyword] === 'number') merged[keyword] = choose(a[keyword], b[keyword])
}

function commonTypes(a: unknown, b: unknown): string[] | undefined {
  if (a === undefined || b === undefined)
    return a === undefined && b === undefined ? undefined : ([] as string[]).concat((a ?? b) as string)
  const first = ([] as string[]).concat(a as string)
  const second = ([] as string[]).concat(b as string)
  const common = first.filter((type) => second.includes(type) || (type === 'integer' && second.includes('number')))
  return first.includes('number') && second.includes('integer') ? [...common, 'integer'] : common
}

function conjoinMaps(a: unknown, b: unknown): Record<string, Rule> {
  const merged: Record<string, Rule> = { ...(a as Record<string, Rule>) }
  for (const [name, rule] of Object.entries(b as Record<string, Rule>)) {
    merged[name] = Object.hasOwn(merged, name) ? { allOf: [merged[name], rule] } : rule
  }
  return merged
}

function conjoinLists(a: readonly Rule[], b: readonly Rule[]): Rule[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  return long.map((rule, index) => (short[index] === undefined ? rule : { allOf: [rule, short[index]] }))
}
