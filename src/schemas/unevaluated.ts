import { compilePattern } from '../patterns/pattern.ts'
import { chooseBranch, undecided } from './discriminator.ts'
import type { Checker } from './function-keyword.ts'
import type { Rule, RuleObject } from './rule.ts'

/** Names or indexes (as strings) that were looked at, or all of them. */
type Evaluated = Set<string> | 'all'
type Collect<Data> = (rule: RuleObject, data: Data, checker: Checker, found: Set<string>) => boolean

/** The properties that a rule's other keywords evaluate (JSON Schema 2020-12 section 11.3); the value is known to be an object. */
export function evaluatedProperties(rule: RuleObject, data: Record<string, unknown>, checker: Checker): Evaluated {
  const found = new Set<string>()
  const { unevaluatedProperties: _own, ...others } = rule
  return collect(others, data, checker, found, ownProperties) ? 'all' : found
}

/** The items that a rule's other keywords evaluate (section 11.2), by index. */
export function evaluatedItems(rule: RuleObject, data: readonly unknown[], checker: Checker): Evaluated {
  const found = new Set<string>()
  const { unevaluatedItems: _own, ...others } = rule
  return collect(others, data, checker, found, ownItems) ? 'all' : found
}

const ownProperties: Collect<Record<string, unknown>> = (rule, data, _checker, found) => {
  if (rule.additionalProperties !== undefined || rule.unevaluatedProperties !== undefined) return true
  const patterns = Object.keys(rule.patternProperties ?? {}).map(compilePattern)
  const properties = (rule.properties ?? {}) as Record<string, Rule>
  for (const name of Object.keys(data)) {
    if (Object.hasOwn(properties, name) || patterns.some((pattern) => pattern?.test(name))) found.add(name)
  }
  return false
}

const ownItems: Collect<readonly unknown[]> = (rule, data, checker, found) => {
  if (rule.items !== undefined || rule.unevaluatedItems !== undefined) return true
  const prefix = (rule.prefixItems as Rule[] | undefined)?.length ?? 0
  for (let index = 0; index < Math.min(prefix, data.length); index++) found.add(String(index))
  if (rule.contains !== undefined) {
    const validate = checker.rule(rule.contains as Rule)
    for (const [index, item] of data.entries()) if (validate(item)) found.add(String(index))
  }
  return false
}

/** Goes through what applies to the same value and accepts it; true once everything is evaluated. */
function collect<Data>(rule: Rule, data: Data, checker: Checker, found: Set<string>, own: Collect<Data>): boolean {
  if (typeof rule === 'boolean') return false
  if (own(rule, data, checker, found)) return true
  return applied(rule, data, checker).some((next) => collect(next, data, checker, found, own))
}

/** The rules that apply to the same value beside this one, those that refuse it left out. */
export function applied(rule: RuleObject, data: unknown, checker: Checker): Rule[] {
  const next: Rule[] = [...((rule.allOf as Rule[] | undefined) ?? [])]
  const passes = (branch: Rule) => checker.rule(branch)(data)
  if (rule.reference !== undefined) next.push(checker.target(rule.reference))
  next.push(...chosenBranches(rule, data, passes))
  if (rule.if !== undefined) {
    const condition = passes(rule.if as Rule)
    if (condition) next.push(rule.if as Rule)
    const consequence = (condition ? rule.then : rule.else) as Rule | undefined
    if (consequence !== undefined) next.push(consequence)
  }
  if (typeof data === 'object' && data !== null) {
    for (const [name, dependent] of Object.entries((rule.dependentSchemas ?? {}) as Record<string, Rule>)) {
      if (Object.hasOwn(data, name)) next.push(dependent)
    }
  }
  return next
}

function chosenBranches(rule: RuleObject, data: unknown, passes: (branch: Rule) => boolean): Rule[] {
  const anyOf = (rule.anyOf ?? []) as Rule[]
  const oneOf = (rule.oneOf ?? []) as Rule[]
  const { discriminate } = rule
  if (discriminate === undefined) return [...anyOf, ...oneOf].filter(passes)
  const choice = chooseBranch(discriminate, data)
  const others = discriminate.branches === 'oneOf' ? anyOf : oneOf
  const own = discriminate.branches === 'oneOf' ? oneOf : anyOf
  const chosen = choice === undecided || choice === undefined ? undefined : (own[choice] as Rule)
  return [...others.filter(passes), ...(chosen !== undefined && passes(chosen) ? [chosen] : own.filter(passes))]
}
