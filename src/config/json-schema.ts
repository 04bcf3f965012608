import { isObject } from '../documents/document.ts'
import { assembleConfigSchema, type ConfigRegistry } from './assemble.ts'
import type { SchemaNode } from './defaults.ts'

const interpolated: SchemaNode = {
  type: 'string',
  pattern: '\\$\\{[^}]+\\}',
  title: 'Placeholder',
  description: 'Filled in from the environment: a name, or a name and its default.',
}

/**
 * The schema of gateway.yaml for editors (JSON Schema 2020-12), from the same source that validates it. Unlike at boot, where
 * placeholders are filled in already, every scalar may also be a placeholder here.
 */
export function configJsonSchema(registry: ConfigRegistry): SchemaNode {
  const schema = allowPlaceholders(assembleConfigSchema(registry))
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema, $defs: { placeholder: interpolated } }
}

function allowPlaceholders(schema: SchemaNode): SchemaNode {
  const copy = { ...schema }
  for (const keyword of ['properties', 'patternProperties'] as const) {
    const members = copy[keyword]
    if (members)
      copy[keyword] = Object.fromEntries(Object.entries(members).map(([key, member]) => [key, allowPlaceholders(member)]))
  }
  if (isObject(copy.additionalProperties)) copy.additionalProperties = allowPlaceholders(copy.additionalProperties)
  if (copy.items) copy.items = allowPlaceholders(copy.items)
  if (copy.anyOf) return { ...copy, anyOf: withPlaceholder(copy.anyOf.map(stripNested)) }
  return isRestrictedScalar(copy) ? widen(copy) : copy

  /** A union takes the placeholder once, not in each of its alternatives. */
  function stripNested(branch: SchemaNode): SchemaNode {
    return isRestrictedScalar(branch) ? branch : allowPlaceholders(branch)
  }
}

function withPlaceholder(branches: SchemaNode[]): SchemaNode[] {
  return branches.some(isRestrictedScalar) ? [...branches, { $ref: '#/$defs/placeholder' }] : branches
}

/** A scalar whose schema a placeholder would not satisfy. */
function isRestrictedScalar(schema: SchemaNode): boolean {
  if (schema.enum !== undefined || 'const' in schema) return true
  if (schema.type === 'string') return schema.pattern !== undefined
  return schema.type === 'integer' || schema.type === 'number' || schema.type === 'boolean'
}

/** The notes stay on the outside, where editors look for them. */
function widen(schema: SchemaNode): SchemaNode {
  const { title, description, default: preset, examples, ...rest } = schema
  const notes = Object.fromEntries(
    Object.entries({ title, description, default: preset, examples }).filter(([, note]) => note !== undefined),
  )
  return { ...notes, anyOf: [rest, { $ref: '#/$defs/placeholder' }] }
}
