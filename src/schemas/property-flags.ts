import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Resources } from './resources.ts'

type Flag = 'readOnly' | 'writeOnly'

/**
 * Names of the properties of a schema that carry a flag, in its own `properties`, behind its `$ref` and in its `allOf`,
 * added to those already known. The same set is returned when nothing is added.
 */
export function flaggedProperties(
  schema: Located,
  flag: Flag,
  resources: Resources,
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  if (!isObject(schema.value)) return known
  const { properties, required, allOf } = schema.value
  if (properties === undefined && required === undefined && allOf === undefined) return known
  const found = new Set<string>()
  collect(schema, flag, resources, found, new Set())
  if ([...found].every((name) => known.has(name))) return known
  return new Set([...known, ...found])
}

function collect(schema: Located, flag: Flag, resources: Resources, found: Set<string>, seen: Set<unknown>): void {
  if (!isObject(schema.value) || seen.has(schema.value)) return
  seen.add(schema.value)
  for (const [name, property] of members(child(schema, 'properties'))) if (hasFlag(property, flag, resources)) found.add(name)
  for (const [, member] of members(child(schema, 'allOf'))) collect(member, flag, resources, found, seen)
  const target = typeof schema.value.$ref === 'string' ? resources.resolve(schema.value.$ref, schema) : undefined
  if (target) collect(target.schema, flag, resources, found, seen)
}

/** How many references are followed before a chain counts as a cycle. */
const longestChain = 32

function hasFlag(property: Located, flag: Flag, resources: Resources): boolean {
  let schema: Located | undefined = property
  for (let steps = 0; steps < longestChain && schema !== undefined && isObject(schema.value); steps++) {
    if (schema.value[flag] === true) return true
    schema = typeof schema.value.$ref === 'string' ? resources.resolve(schema.value.$ref, schema)?.schema : undefined
  }
  return false
}
