import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Resources } from './resources.ts'

type Flag = 'readOnly' | 'writeOnly'

/** Without one of these a schema neither flags a property nor asks for one. */
const keywords = ['properties', 'required', 'dependentRequired', 'dependencies', 'allOf']

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
  if (!keywords.some((keyword) => Object.hasOwn(schema.value as object, keyword))) return known
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

/** A property has a flag itself, behind its `$ref` or in its `allOf`. */
function hasFlag(property: Located, flag: Flag, resources: Resources, seen = new Set<unknown>()): boolean {
  const { value } = property
  if (!isObject(value) || seen.has(value)) return false
  if (value[flag] === true) return true
  seen.add(value)
  const target = typeof value.$ref === 'string' ? resources.resolve(value.$ref, property) : undefined
  if (target !== undefined && hasFlag(target.schema, flag, resources, seen)) return true
  return members(child(property, 'allOf')).some(([, member]) => hasFlag(member, flag, resources, seen))
}
