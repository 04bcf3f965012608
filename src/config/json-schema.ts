import { isObject } from '../documents/document.ts'
import { assembleConfigSchema, type ConfigRegistry } from './assemble.ts'
import type { SchemaNode } from './defaults.ts'
import { withExamples } from './schema-examples.ts'

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
export function configJsonSchema(
  registry: ConfigRegistry,
  { operations = [], securitySchemes = [] }: ProjectNames = {},
): SchemaNode {
  const { properties = {}, ...schema } = allowPlaceholders(withExamples(assembleConfigSchema(registry)))
  const { operations: byId = {}, authentication = {} } = properties
  const [scheme] = Object.values(authentication.patternProperties ?? {})
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...schema,
    properties: {
      ...properties,
      authentication: { ...authentication, ...named(securitySchemes, 'securityScheme') },
      operations: { ...byId, ...named(operations, 'operation'), additionalProperties: { $ref: '#/$defs/operation' } },
    },
    $defs: {
      placeholder: interpolated,
      operation: byId.additionalProperties as SchemaNode,
      securityScheme: scheme as SchemaNode,
    },
  }
}

/** A name that the OpenAPI documents give, and what it stands for. */
interface Named {
  readonly name: string
  readonly description: string
}

/** What editors complete in a project, besides the keys that are the same everywhere. */
export interface ProjectNames {
  readonly operations?: readonly Named[]
  readonly securitySchemes?: readonly Named[]
}

function named(names: readonly Named[], definition: string): SchemaNode {
  if (names.length === 0) return {}
  const members = names.map(({ name, description }): [string, SchemaNode] => [
    name,
    { title: name, description, $ref: `#/$defs/${definition}` },
  ])
  return { properties: Object.fromEntries(members) }
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
