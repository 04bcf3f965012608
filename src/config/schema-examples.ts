import { isObject } from '../documents/document.ts'
import type { SchemaNode } from './defaults.ts'

/** As many members as an example of a whole section shows. */
const mostMembers = 3

/**
 * A schema in which every key has examples, for editors: its own where it has any, else what its choices, its default and its
 * members make obvious. A key of whose value nothing is obvious stays without; a test asks for one then.
 */
export function withExamples(schema: SchemaNode): SchemaNode {
  const copy = { ...schema }
  for (const keyword of ['properties', 'patternProperties'] as const) {
    const members = copy[keyword]
    if (members) copy[keyword] = Object.fromEntries(Object.entries(members).map(([key, member]) => [key, withExamples(member)]))
  }
  if (isObject(copy.additionalProperties)) copy.additionalProperties = withExamples(copy.additionalProperties)
  if (copy.items) copy.items = withExamples(copy.items)
  for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const) if (copy[keyword]) copy[keyword] = copy[keyword].map(withExamples)
  const examples = copy.examples ?? examplesOf(copy)
  return examples.length === 0 ? copy : { ...copy, examples }
}

function examplesOf(schema: SchemaNode): unknown[] {
  if (schema.enum !== undefined) return schema.enum
  if ('const' in schema) return [schema.const]
  const { default: preset } = schema
  if (schema.type === 'boolean') return [preset !== true]
  if (
    preset !== undefined &&
    preset !== false &&
    preset !== '' &&
    JSON.stringify(preset) !== '{}' &&
    JSON.stringify(preset) !== '[]'
  )
    return [preset]
  const branches = schema.anyOf ?? schema.oneOf ?? []
  if (branches.length > 0 && schema.properties === undefined)
    return branches.flatMap((branch) => branch.examples?.slice(0, 1) ?? [])
  return schema.properties === undefined ? [] : sectionExamples(schema, schema.properties)
}

/** What has to be there, and the first of the rest. */
function sectionExamples({ required = [] }: SchemaNode, properties: Record<string, SchemaNode>): unknown[] {
  const known = Object.keys(properties).filter((key) => (properties[key]?.examples ?? []).length > 0)
  if (required.some((key) => !known.includes(key))) return []
  const keys = [...required, ...known.filter((key) => !required.includes(key))].slice(0, Math.max(mostMembers, required.length))
  return keys.length === 0 ? [] : [Object.fromEntries(keys.map((key) => [key, properties[key]?.examples?.[0]]))]
}
