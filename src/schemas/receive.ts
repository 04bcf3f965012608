import { compilePattern } from '../patterns/pattern.ts'
import type { Checker } from './function-keyword.ts'
import type { Rule, RuleObject } from './rule.ts'
import { applied } from './unevaluated.ts'

/**
 * Makes of a valid value what its receiver is to see, in place: absent properties get their defaults, `readOnly` ones go (OpenAPI 3.1
 * section 4.8.24: they should not be sent, and JSON Schema Validation section 9.4 lets their owner ignore them); of alternatives
 * only those count that accept the value.
 */
export type Receive = (rule: Rule, value: unknown) => void

/**
 * Defaults are filled after validation, not by Ajv while it validates: it would fill those of alternatives that
 * then refuse the value, and take a required property for given because it has a default.
 */
export function createReceive(checker: Checker): Receive {
  /** Whether a rule or any that it refers to changes anything at all: most do not, and then nothing is done. */
  const known = new Map<RuleObject, boolean>()

  function changes(rule: Rule): boolean {
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
    const properties = Object.values((rule.properties ?? {}) as Record<string, Rule>)
    if (properties.some((property) => isReadOnly(property) || defaultOf(property) !== undefined)) return true
    const next = rule.reference === undefined ? below(rule) : [...below(rule), checker.target(rule.reference)]
    return next.some((one) => reaches(one, visited))
  }

  function receive(rule: Rule, value: unknown): void {
    if (typeof value !== 'object' || value === null || typeof rule === 'boolean' || !changes(rule)) return
    for (const next of applied(rule, value, checker)) receive(next, value)
    if (Array.isArray(value)) receiveItems(rule, value)
    else receiveProperties(rule, value as Record<string, unknown>)
  }

  function receiveItems(rule: RuleObject, value: unknown[]): void {
    const prefix = (rule.prefixItems ?? []) as Rule[]
    for (const [index, item] of value.entries()) receive(prefix[index] ?? ((rule.items ?? true) as Rule), item)
  }

  function receiveProperties(rule: RuleObject, value: Record<string, unknown>): void {
    const properties = (rule.properties ?? {}) as Record<string, Rule>
    for (const [name, property] of Object.entries(properties)) {
      const fallback = Object.hasOwn(value, name) ? undefined : defaultOf(property)
      if (isReadOnly(property)) delete value[name]
      else if (fallback !== undefined) value[name] = structuredClone(fallback)
    }
    const patterns = Object.entries((rule.patternProperties ?? {}) as Record<string, Rule>)
    for (const [name, member] of Object.entries(value)) {
      const matching = patterns.filter(([pattern]) => compilePattern(pattern)?.test(name)).map(([, property]) => property)
      if (Object.hasOwn(properties, name)) matching.push(properties[name] as Rule)
      for (const property of matching.length > 0 ? matching : [(rule.additionalProperties ?? true) as Rule])
        receive(property, member)
    }
  }

  return receive
}

function isReadOnly(property: Rule): boolean {
  return typeof property === 'object' && property.readOnly === true
}

const single = ['if', 'then', 'else', 'additionalProperties', 'items']
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const maps = ['properties', 'patternProperties', 'dependentSchemas']

/** The rules inside a rule that could change something. */
function below(rule: RuleObject): Rule[] {
  return [
    ...single.filter((keyword) => rule[keyword] !== undefined).map((keyword) => rule[keyword] as Rule),
    ...lists.flatMap((keyword) => (rule[keyword] ?? []) as Rule[]),
    ...maps.flatMap((keyword) => Object.values((rule[keyword] ?? {}) as Record<string, Rule>)),
  ]
}
