import { isObject } from '../documents/document.ts'

type Schema = Record<string, unknown>

/** Keywords whose value is a schema, a list of schemas, or an object of schemas by name. */
const single = ['items', 'additionalProperties', 'not', 'additionalItems', 'contains', 'propertyNames', 'if', 'then', 'else']
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const maps = ['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas']

/** A copy of a schema in which `change` was applied to it and to every schema in it, from the inside out. */
export function mapSchema(schema: unknown, change: (schema: Schema) => Schema): unknown {
  if (!isObject(schema)) return schema
  const copy: Schema = { ...schema }
  for (const key of single) if (Object.hasOwn(copy, key)) copy[key] = mapSchema(copy[key], change)
  for (const key of lists) {
    const list = copy[key]
    if (Array.isArray(list)) copy[key] = list.map((item) => mapSchema(item, change))
  }
  for (const key of maps) {
    const map = copy[key]
    if (isObject(map)) copy[key] = Object.fromEntries(Object.entries(map).map(([name, item]) => [name, mapSchema(item, change)]))
  }
  return change(copy)
}

/** A schema of OpenAPI 3.0 in the words of 3.1 (JSON Schema 2020-12): `nullable`, boolean limits, ignored members beside `$ref`. */
export function toJsonSchema(schema: unknown): unknown {
  return mapSchema(schema, (old) => {
    if (typeof old.$ref === 'string') return { $ref: old.$ref }
    const { nullable, exclusiveMinimum, exclusiveMaximum, example, ...rest } = old
    if (exclusiveMinimum === true) exclude(rest, 'minimum', 'exclusiveMinimum')
    if (exclusiveMaximum === true) exclude(rest, 'maximum', 'exclusiveMaximum')
    if (example !== undefined) rest.examples = [example]
    if (nullable !== true || Array.isArray(rest.enum)) return rest
    if (typeof rest.type === 'string') return { ...rest, type: [rest.type, 'null'] }
    return lists.some((key) => key in rest) ? { anyOf: [rest, { type: 'null' }] } : rest
  })
}

function exclude(schema: Schema, limit: 'minimum' | 'maximum', exclusive: string): void {
  if (typeof schema[limit] !== 'number') return
  schema[exclusive] = schema[limit]
  delete schema[limit]
}

/** Part of an OpenAPI 3.0 document in the words of 3.1: its schemas are all that differs. */
export function modernised(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(modernised)
  if (!isObject(part)) return part
  return Object.fromEntries(
    Object.entries(part).map(([key, member]) => {
      if (key === 'schema') return [key, toJsonSchema(member)]
      if (key === 'schemas' && isObject(member))
        return [key, Object.fromEntries(Object.entries(member).map(([name, schema]) => [name, toJsonSchema(schema)]))]
      return [key, data.has(key) || key.startsWith('x-') ? member : modernised(member)]
    }),
  )
}

/** Members that hold values of the API's own, whatever these look like. */
const data = new Set(['example', 'examples', 'default', 'enum', 'value'])

/** A schema of our own (no keywords but those that both know, null as an alternative, `const`) in the words of OpenAPI 3.0. */
export function toOpenApi30(schema: unknown): unknown {
  return mapSchema(schema, (own) => {
    const { examples, const: only, ...rest } = own
    if (only !== undefined) rest.enum = [only]
    if (Array.isArray(examples)) rest.example = examples[0]
    const alternatives = Array.isArray(rest.anyOf) ? (rest.anyOf as Schema[]) : []
    const [value, ...others] = alternatives.filter(({ type }) => type !== 'null')
    if (value === undefined || others.length > 0 || alternatives.length < 2) return rest
    const { anyOf: _, ...beside } = rest
    return { ...beside, ...(typeof value.$ref === 'string' ? { allOf: [value] } : value), nullable: true }
  })
}
