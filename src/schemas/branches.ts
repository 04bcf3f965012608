import type { ErrorObject } from 'ajv'
import type { Checker } from './function-keyword.ts'
import { alternatives, type Found, say, showChoices, showTypes, showValue } from './messages.ts'
import type { Rule } from './rule.ts'

/** What one branch of `oneOf` or `anyOf` found wrong. */
interface Branch {
  readonly name: string
  readonly allowsNull: boolean
  readonly errors: readonly Found[]
}

/** A finished sentence at a place, a head line with the errors of the branch that came nearest, or those errors alone. */
export interface Collapsed {
  readonly pointer: string
  readonly message: string | undefined
  readonly nearest: readonly Found[]
}

/** Says what is wrong with a value that `oneOf` or `anyOf` refused, by the branch that came nearest. */
export function collapse(found: Found, checker: Checker): Collapsed {
  const rules = found.schema as Rule[]
  const pointer = found.instancePath
  const names = rules.map((rule, index) => branchName(rule, index, checker))
  const { passing } = found.params as { passing?: readonly number[] }
  if (passing !== undefined && passing.length > 1) {
    const matching = alternatives(
      passing.map((index) => names[index] as string),
      'and',
    )
    return { pointer, message: `must match exactly one of the alternatives, matches ${matching}`, nearest: [] }
  }
  const branches = rules.map((rule, index) => ({
    name: names[index] as string,
    allowsNull: typeof rule === 'object' && rule.type === 'null',
    errors: errorsOf(rule, found, checker),
  }))
  return sharedCause(branches, found) ?? sharedTag(branches, pointer) ?? byNearest(branches, pointer)
}

function errorsOf(rule: Rule, found: Found, checker: Checker): readonly Found[] {
  const validate = checker.rule(rule)
  const place = { instancePath: found.instancePath, parentData: {}, parentDataProperty: '', rootData: {}, dynamicAnchors: {} }
  validate(found.data, place)
  return (validate.errors ?? []) as unknown as ErrorObject[] as Found[]
}

/** All branches refuse the value as a whole, by its type or by a list of values: one sentence says what they allow together. */
function sharedCause(branches: readonly Branch[], { instancePath, data }: Found): Collapsed | undefined {
  const types: string[] = []
  const values: unknown[] = []
  for (const { errors } of branches) {
    const types0 = rejectedType(errors, instancePath)
    const values0 = types0 === undefined ? rejectedValues(errors, instancePath) : undefined
    if (types0 === undefined && values0 === undefined) return undefined
    types.push(...(types0 ?? []))
    values.push(...(values0 ?? []))
  }
  const distinct = [...new Set(types)]
  const wanted = [
    ...(values.length > 0 ? [`one of: ${showChoices([...new Set(values)])}`] : []),
    ...(distinct.length > 0 ? [showTypes(distinct)] : []),
  ]
  return {
    pointer: instancePath,
    message: `must be ${wanted.join(', or ')}${values.length > 0 ? '' : `, got ${showValue(data)}`}`,
    nearest: [],
  }
}

function rejectedType(errors: readonly Found[], at: string): string[] | undefined {
  const error = errors.find(({ keyword, instancePath }) => keyword === 'type' && instancePath === at)
  return error && ([] as string[]).concat(error.params.type as never)
}

function rejectedValues(errors: readonly Found[], at: string): readonly unknown[] | undefined {
  for (const { keyword, instancePath, params } of errors) {
    if (instancePath !== at) continue
    if (keyword === 'enum') return params.allowedValues
    if (keyword === 'const') return [params.allowedValue]
  }
  return undefined
}

/** Errors of `const` or `enum` on a direct property: what tells alternatives apart although no discriminator says so. */
function tagErrors({ errors }: Branch, at: string): Found[] {
  return errors.filter(
    ({ keyword, instancePath }) =>
      (keyword === 'const' || keyword === 'enum') &&
      instancePath.startsWith(`${at}/`) &&
      !instancePath.slice(at.length + 1).includes('/'),
  )
}

/** Every branch that wants this type of value refuses the same tag: then only the tag is wrong. */
function sharedTag(branches: readonly Branch[], at: string): Collapsed | undefined {
  const candidates = branches.filter(({ errors }) => rejectedType(errors, at) === undefined)
  const tags = candidates.map((branch) => tagErrors(branch, at))
  const shared = tags[0]?.find(({ instancePath }) =>
    tags.every((list) => list.some((error) => error.instancePath === instancePath)),
  )
  if (shared === undefined || candidates.length < 2) return undefined
  const { instancePath } = shared
  const values = candidates.flatMap(({ errors }) => rejectedValues(errors, instancePath) ?? [])
  return { pointer: instancePath, message: `must be one of: ${showChoices([...new Set(values)])}`, nearest: [] }
}

function byNearest(branches: readonly Branch[], pointer: string): Collapsed {
  const ranked = branches
    .map((branch) => ({ branch, distance: distance(branch, pointer) }))
    .sort((a, b) => a.distance[0] - b.distance[0] || a.distance[1] - b.distance[1] || b.distance[2] - a.distance[2])
  const { name, errors } = (ranked[0] as (typeof ranked)[number]).branch
  // An alternative that only lets null pass says nothing about any other value.
  const others = branches.filter(({ allowsNull }) => !allowsNull)
  if (others.length === 1) return { pointer, message: undefined, nearest: errors }
  const names = branches.length > 8 ? '' : ` (${alternatives(branches.map((branch) => branch.name))})`
  return {
    pointer,
    message: `matches none of the ${branches.length} alternatives${names}; ${name} comes nearest`,
    nearest: errors,
  }
}

/** How far a branch is off: another kind of thing, how many errors, how deep the first one lies. */
function distance(branch: Branch, at: string): [kind: number, errors: number, depth: number] {
  const kind = rejectedType(branch.errors, at) === undefined ? (tagErrors(branch, at).length > 0 ? 1 : 0) : 2
  const count = branch.errors.filter((error) => say(error) !== undefined).length
  return [kind, count, Math.max(...branch.errors.map(({ instancePath }) => instancePath.split('/').length))]
}

function branchName(rule: Rule, index: number, checker: Checker): string {
  if (typeof rule === 'object') {
    if (typeof rule.title === 'string') return rule.title
    if (rule.reference !== undefined) return checker.name(rule.reference)
    if (rule.type !== undefined && Object.keys(rule).length === 1) return showTypes(([] as string[]).concat(rule.type as string))
  }
  return `alternative ${index + 1}`
}
