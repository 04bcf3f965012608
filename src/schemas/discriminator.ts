import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Resources } from './resources.ts'
import type { Discriminate } from './rule.ts'

/** In `choices`: the value fits several branches, so all of them are tried. */
export const undecided = -1

/**
 * Which branch of `oneOf` or `anyOf` each value of the discriminating property chooses (OpenAPI 3.0 and 3.1 `discriminator`):
 * explicit `mapping` first (by name or by reference), then what the branch's own `const` or `enum` allows, then the schema's name.
 * Undefined when a branch has no such value: then the keyword is only a hint.
 * Without `oneOf`/`anyOf` it changes nothing (OpenAPI 3.1.1: the `allOf` form is only useful for non-validation use cases).
 */
export function resolveDiscriminator(
  node: Located,
  source: Record<string, unknown>,
  resources: Resources,
): Discriminate | undefined {
  const property = isObject(node.value) ? node.value.propertyName : undefined
  const branches = Array.isArray(source.oneOf) ? 'oneOf' : 'anyOf'
  const list = source[branches]
  if (typeof property !== 'string' || !Array.isArray(list)) return undefined
  const holder = { ...node, pointer: node.pointer.slice(0, node.pointer.lastIndexOf('/')), value: source }
  const targets = members(child(holder, branches)).map(([, branch]) => followBranch(branch, resources))
  const indexOf = (mapped: Located | undefined) => {
    const target = mapped && mappedSchema(mapped, resources)
    return target === undefined ? -1 : targets.findIndex(({ schema }) => sameSchema(schema, target))
  }
  const choices: Record<string, number> = Object.create(null)
  const chosen = new Set<number>()
  for (const [value, mapped] of members(child(node, 'mapping'))) {
    const index = indexOf(mapped)
    if (index === -1) continue
    choices[value] = index
    chosen.add(index)
  }
  const explicit = new Set(Object.keys(choices))
  for (const [index, target] of targets.entries()) {
    const values = propertyValues(target.schema, property, resources, 0)
    const names = values ?? (chosen.has(index) || target.name === undefined ? [] : [target.name])
    if (names.length === 0 && !chosen.has(index) && !isNullSchema(target.schema.value)) return undefined
    for (const name of names) {
      if (explicit.has(name)) continue
      choices[name] = choices[name] === undefined ? index : undecided
    }
  }
  const otherwise = indexOf(child(node, 'defaultMapping'))
  if (Object.keys(choices).length === 0) return undefined
  return { property, branches, choices, ...(otherwise !== -1 && { otherwise }) }
}

/** The index of the branch that a value chooses, `undecided` when it says nothing, undefined when no branch has its name. */
export function chooseBranch({ property, choices, otherwise }: Discriminate, data: unknown): number | undefined {
  if (!isObject(data)) return undecided
  const value = Object.hasOwn(data, property) ? data[property] : undefined
  return typeof value === 'string' ? (choices[value] ?? otherwise) : (otherwise ?? undecided)
}

/** The schema that a branch means and, when it is a reference, the name that it gives. */
function followBranch(branch: Located, resources: Resources): { schema: Located; name: string | undefined } {
  let schema = branch
  let name: string | undefined
  for (let steps = 0; steps < 32 && isObject(schema.value); steps++) {
    const { $ref: reference, allOf } = schema.value
    if (typeof reference === 'string') {
      const target = resources.resolve(reference, schema)
      if (target === undefined) break
      schema = target.schema
      name ??= schemaName(schema)
    } else if (Array.isArray(allOf) && allOf.length === 1 && Object.keys(schema.value).length === 1) {
      schema = child(child(schema, 'allOf') as Located, 0) as Located
    } else break
  }
  return { schema, name }
}

/** The name of a referenced schema: the last token of its place, or its file's name. */
function schemaName(schema: Located): string {
  const token = schema.pointer.slice(schema.pointer.lastIndexOf('/') + 1)
  return token === '' ? (schema.document.file.split(/[\\/]/).at(-1) ?? '').replace(/\.[^.]*$/, '') : token
}

/** OpenAPI 3.1.1 section 4.8.25: a mapping value that could be a name is a name first, then a reference. */
function mappedSchema(mapped: Located, resources: Resources): Located | undefined {
  if (typeof mapped.value !== 'string') return undefined
  const named = /^[A-Za-z0-9._-]+$/.test(mapped.value)
    ? resources.resolve(`#/components/schemas/${mapped.value}`, mapped)
    : undefined
  const found = named ?? resources.resolve(mapped.value, mapped)
  return found && followBranch(found.schema, resources).schema
}

function sameSchema(a: Located, b: Located): boolean {
  return a.document === b.document && a.pointer === b.pointer
}

function isNullSchema(value: unknown): boolean {
  return isObject(value) && (value.type === 'null' || value.const === null)
}

/** The strings that a schema's property may be, by `const` or `enum`; undefined when the schema does not say. */
function propertyValues(schema: Located, property: string, resources: Resources, depth: number): string[] | undefined {
  if (!isObject(schema.value) || depth > 8) return undefined
  const declared = child(child(schema, 'properties') ?? schema, property)
  if (declared !== undefined && Object.hasOwn(schema.value, 'properties')) {
    const { value } = followBranch(declared, resources).schema
    if (isObject(value)) {
      const values = Object.hasOwn(value, 'const') ? [value.const] : Array.isArray(value.enum) ? value.enum : undefined
      if (values) return values.filter((entry) => typeof entry === 'string')
    }
  }
  for (const [, member] of members(child(schema, 'allOf'))) {
    const values = propertyValues(followBranch(member, resources).schema, property, resources, depth + 1)
    if (values) return values
  }
  return undefined
}
