import type { TSchema } from 'typebox'
import { isObject } from '../documents/document.ts'

/** The parts of JSON Schema that settings are described with. */
export interface SchemaNode {
  type?: string | string[]
  title?: string
  description?: string
  default?: unknown
  properties?: Record<string, SchemaNode>
  patternProperties?: Record<string, SchemaNode>
  additionalProperties?: boolean | SchemaNode
  items?: SchemaNode
  anyOf?: SchemaNode[]
  oneOf?: SchemaNode[]
  allOf?: SchemaNode[]
  required?: string[]
  enum?: unknown[]
  const?: unknown
  examples?: unknown[]
  writeOnly?: boolean
  [keyword: string]: unknown
}

/** A TypeBox schema as the plain JSON Schema that it is. */
export function asNode(schema: TSchema | SchemaNode): SchemaNode {
  return schema as SchemaNode
}

/**
 * A copy of a value with the defaults of its schema in place of what was left out, all the way down. Meant for the value that
 * all layers have been merged into: a default that is filled in earlier would overwrite what a layer inherits.
 */
export function fillDefaults(schema: TSchema | SchemaNode, value: unknown): unknown {
  return fill(schema as SchemaNode, value)
}

function fill(schema: SchemaNode, value: unknown): unknown {
  const given = value === undefined ? structuredClone(schema.default) : value
  const branch = matchingBranch(schema, given)
  if (branch !== undefined) return fill(branch, given)
  if (Array.isArray(given)) return schema.items ? given.map((item) => fill(schema.items as SchemaNode, item)) : given
  return isObject(given) ? fillObject(schema, given) : given
}

function fillObject(schema: SchemaNode, value: Record<string, unknown>): Record<string, unknown> {
  const properties = schema.properties ?? {}
  const filled = Object.keys(value).map((key): [string, unknown] => {
    const member = memberSchema(schema, key)
    return [key, member ? fill(member, value[key]) : value[key]]
  })
  const absent = Object.keys(properties)
    .filter((key) => !Object.hasOwn(value, key))
    .map((key): [string, unknown] => [key, fill(properties[key] as SchemaNode, undefined)])
    .filter(([, member]) => member !== undefined)
  return Object.fromEntries([...filled, ...absent])
}

/** The schema of an object's member, by its name. */
export function memberSchema(schema: SchemaNode, key: string): SchemaNode | undefined {
  if (schema.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key]
  for (const [pattern, member] of Object.entries(schema.patternProperties ?? {}))
    if (new RegExp(pattern, 'u').test(key)) return member
  return isObject(schema.additionalProperties) ? schema.additionalProperties : undefined
}

/** The only alternative of a union that has the kind of the value (object or list); scalars need no defaults below them. */
function matchingBranch(schema: SchemaNode, value: unknown): SchemaNode | undefined {
  const kind = Array.isArray(value) ? 'array' : isObject(value) ? 'object' : undefined
  const branches = schema.properties ? undefined : (schema.anyOf ?? schema.oneOf)
  if (kind === undefined || branches === undefined) return undefined
  const fitting = branches.filter((branch) => branch.type === kind)
  return fitting.length === 1 ? fitting[0] : undefined
}
