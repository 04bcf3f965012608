import { isObject } from '../documents/document.ts'
import { memberSchema, type SchemaNode } from './defaults.ts'

/**
 * A schema that judges one value as the whole schema does, without what it says about members that the value does not have: their
 * names and examples stay known. gateway.yaml mentions a small part of what it may hold, and compiling the rest would take most of a boot.
 */
export function narrowSchema(schema: SchemaNode, value: unknown): SchemaNode {
  return narrow(schema, [value])
}

/** `values`: everything that the schema will be asked about. */
function narrow(schema: SchemaNode, values: readonly unknown[]): SchemaNode {
  const narrowed = { ...schema }
  const objects = values.filter(isObject)
  const lists = values.filter((value) => Array.isArray(value))
  if (schema.properties !== undefined) narrowed.properties = mapMembers(schema.properties, objects)
  if (isObject(schema.additionalProperties)) {
    const others = objects.flatMap((value) =>
      Object.keys(value).flatMap((key) => (memberSchema(schema, key) === schema.additionalProperties ? [value[key]] : [])),
    )
    narrowed.additionalProperties = narrow(schema.additionalProperties, others)
  }
  if (schema.items !== undefined) narrowed.items = narrow(schema.items, lists.flat())
  for (const union of ['anyOf', 'oneOf', 'allOf'] as const) {
    if (schema[union] !== undefined) narrowed[union] = schema[union].map((branch) => narrow(branch, values))
  }
  return narrowed
}

function mapMembers(properties: Record<string, SchemaNode>, objects: readonly Record<string, unknown>[]) {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => {
      const present = objects.filter((value) => Object.hasOwn(value, key)).map((value) => value[key])
      return [key, present.length > 0 ? narrow(schema, present) : schema.examples ? { examples: schema.examples } : {}]
    }),
  )
}
