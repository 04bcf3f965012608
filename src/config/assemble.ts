import type { TSchema } from 'typebox'
import { isObject } from '../documents/document.ts'
import type { Policy } from '../policies/policy.ts'
import type { Target } from '../targets/target.ts'
import { asNode, type SchemaNode } from './defaults.ts'
import { GatewayConfig } from './schema.ts'

/** The parts that bring schemas of their own. */
export interface ConfigRegistry {
  readonly policies: readonly Policy[]
  readonly targets: readonly Target[]
}

const Off: SchemaNode = { const: false, title: 'Off', description: 'Switched off here, whatever the layers below say.' }

const Access: SchemaNode = {
  const: 'public',
  title: 'Access',
  description: 'public: anybody may call the operation, whatever the OpenAPI document says about security.',
}

/**
 * The whole schema of gateway.yaml as it is written: keys with a default may be left out, and the settings under `defaults` and
 * `operations.<id>` are partial, since layers are merged before anything is required of them.
 */
export function assembleConfigSchema({ policies, targets }: ConfigRegistry): SchemaNode {
  const base = optionalDefaults(asNode(GatewayConfig))
  const declarable = policies.filter((policy) => !policy.always)
  const settings = Object.fromEntries(declarable.map(({ name, schema }) => [name, layerSchema(schema)]))
  const ends = Object.fromEntries(targets.map(({ name, schema }) => [name, layerSchema(schema)]))
  const operation: SchemaNode = {
    type: 'object',
    title: 'Operation',
    description: 'What holds for one operation, over the defaults.',
    properties: { access: Access, ...settings, ...ends },
    additionalProperties: false,
  }
  const examples = [{ listPets: { rateLimit: { limit: 100, window: '60s' } }, deletePet: { roles: ['admin'] } }]
  return {
    ...base,
    properties: {
      ...base.properties,
      defaults: {
        type: 'object',
        title: 'Defaults',
        description: 'Policies of every operation that does not say otherwise.',
        properties: settings,
        additionalProperties: false,
      },
      operations: {
        type: 'object',
        title: 'Operations',
        description: 'Settings by operationId.',
        examples,
        additionalProperties: operation,
      },
    },
  }
}

/** What may be written for one setting in one layer: any part of its value, or `false`. */
function layerSchema(schema: TSchema): SchemaNode {
  const { title, description, examples } = asNode(schema)
  const value = partial(asNode(schema))
  const notes = { ...(title && { title }), ...(description && { description }), ...(examples && { examples }) }
  // The alternatives of a union stand beside "off", so that messages list all of them in one row.
  const isUnion = value.anyOf && Object.keys(value).every((key) => noteKeys.has(key))
  const branches = isUnion ? (value.anyOf as SchemaNode[]) : [value]
  return { anyOf: branches.some(({ type }) => type === 'boolean') ? branches : [...branches, Off], ...notes }
}

const noteKeys = new Set(['anyOf', 'title', 'description', 'default', 'examples'])

/** Keywords that ask for something to be there, or depend on it. */
const demands = new Set(['required', 'minProperties', 'dependentRequired', 'dependentSchemas', 'not', 'if', 'then', 'else'])

/** A schema that demands nothing of objects. Lists are replaced as a whole by a nearer layer, so their items stay complete. */
function partial(schema: SchemaNode): SchemaNode {
  const kept = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !demands.has(keyword))) as SchemaNode
  if (kept.properties) kept.properties = mapValues(kept.properties, partial)
  if (kept.patternProperties) kept.patternProperties = mapValues(kept.patternProperties, partial)
  if (isObject(kept.additionalProperties)) kept.additionalProperties = partial(kept.additionalProperties)
  if (kept.items) kept.items = optionalDefaults(kept.items)
  if (kept.allOf) kept.allOf = kept.allOf.map(partial)
  const alternatives = [...(kept.anyOf ?? []), ...(kept.oneOf ?? [])].map(partial)
  delete kept.oneOf
  // Without its demands an alternative may have become one that everything fits.
  if (alternatives.every((alternative) => Object.keys(alternative).length > 0))
    return alternatives.length === 0 ? kept : { ...kept, anyOf: alternatives }
  delete kept.anyOf
  return kept
}

/** A schema that does not ask for keys that have a default. */
export function optionalDefaults(schema: SchemaNode): SchemaNode {
  const copy = { ...schema }
  if (copy.required) {
    copy.required = copy.required.filter((key) => copy.properties?.[key]?.default === undefined)
    if (copy.required.length === 0) delete copy.required
  }
  if (copy.properties) copy.properties = mapValues(copy.properties, optionalDefaults)
  if (copy.patternProperties) copy.patternProperties = mapValues(copy.patternProperties, optionalDefaults)
  if (isObject(copy.additionalProperties)) copy.additionalProperties = optionalDefaults(copy.additionalProperties)
  if (copy.items) copy.items = optionalDefaults(copy.items)
  for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const)
    if (copy[keyword]) copy[keyword] = copy[keyword].map(optionalDefaults)
  return copy
}

function mapValues(members: Record<string, SchemaNode>, change: (schema: SchemaNode) => SchemaNode): Record<string, SchemaNode> {
  return Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, change(schema)]))
}
