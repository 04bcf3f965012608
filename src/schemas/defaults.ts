import { compilePattern } from '../patterns/pattern.ts'
import type { Checker } from './function-keyword.ts'
import type { Rule, RuleObject } from './rule.ts'
import { applied } from './unevaluated.ts'

export interface Defaults {
  /** Whether a rule or any that it refers to has a default at all: most have none, and then nothing is done. */
  has(rule: Rule): boolean
  /** Fills the defaults of absent properties into a valid value, in place; of alternatives only those that accept it. */
  fill(rule: Rule, value: unknown): void
}

/**
 * Defaults are filled after validation, not by Ajv while it validates: it would fill those of alternatives that
 * then refuse the value, and take a required property for given because it has a default.
 */
export function createDefaults(checker: Checker): Defaults {
  const known = new Map<RuleObject, boolean>()

  function has(rule: Rule): boolean {
    if (typeof rule === 'boolean') return false
    const before = known.get(rule)
    if (before !== undefined) return before
    const visited = new Set<RuleObject>()
    const found = reaches(rule, visited)
    if (!found) for (const passed of visited) known.set(passed, false)
    known.set(rule, found)
    return found
  }

  /** The default that a schema has itself or by its references and `allOf`. */
  function defaultOf(rule: Rule, depth = 0): unknown {
    if (typeof rule === 'boolean' || depth > 16) return undefined
    if (rule.default !== undefined) return rule.default
    const next = [...((rule.allOf ?? []) as Rule[]), ...(rule.reference === undefined ? [] : [checker.target(rule.reference)])]
    for (const one of next) {
      const found = defaultOf(one, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  function reaches(rule: Rule, visited: Set<RuleObject>): boolean {
    if (typeof rule === 'boolean' || visited.has(rule)) return false
    const before = known.get(rule)
    if (before !== undefined) return before
    visited.add(rule)
    if (Object.values((rule.properties ?? {}) as Record<string, Rule>).some((property) => defaultOf(property) !== undefined))
      return true
    const next = rule.reference === undefined ? below(rule) : [...below(rule), checker.target(rule.reference)]
    return next.some((one) => reaches(one, visited))
  }

  function fill(rule: Rule, value: unknown): void {
    if (typeof value !== 'object' || value === null || typeof rule === 'boolean' || !has(rule)) return
    for (const next of applied(rule, value, checker)) fill(next, value)
    if (Array.isArray(value)) fillItems(rule, value)
    else fillProperties(rule, value as Record<string, unknown>)
  }

  function fillItems(rule: RuleObject, value: unknown[]): void {
    const prefix = (rule.prefixItems ?? []) as Rule[]
    for (const [index, item] of value.entries()) fill(prefix[index] ?? ((rule.items ?? true) as Rule), item)
  }

  function fillProperties(rule: RuleObject, value: Record<string, unknown>): void {
    const properties = (rule.properties ?? {}) as Record<string, Rule>
    for (const [name, property] of Object.entries(properties)) {
      if (Object.hasOwn(value, name)) continue
      const fallback = defaultOf(property)
      if (fallback !== undefined) value[name] = structuredClone(fallback)
    }
    const patterns = Object.entries((rule.patternProperties ?? {}) as Record<string, Rule>)
    for (const [name, member] of Object.entries(value)) {
      const matching = patterns.filter(([pattern]) => compilePattern(pattern)?.test(name)).map(([, property]) => property)
      if (Object.hasOwn(properties, name)) matching.push(properties[name] as Rule)
      for (const property of matching.length > 0 ? matching : [(rule.additionalProperties ?? true) as Rule])
        fill(property, member)
    }
  }

  return { has, fill }
}

const single = ['if', 'then', 'else', 'additionalProperties', 'items']
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const maps = ['properties', 'patternProperties', 'dependentSchemas']

/** The rules inside a rule whose defaults could be filled. */
function below(rule: RuleObject): Rule[] {
  return [
    ...single.filter((keyword) => rule[keyword] !== undefined).map((keyword) => rule[keyword] as Rule),
    ...lists.flatMap((keyword) => (rule[keyword] ?? []) as Rule[]),
    ...maps.flatMap((keyword) => Object.values((rule[keyword] ?? {}) as Record<string, Rule>)),
  ]
}
