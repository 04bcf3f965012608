import { asNode, memberSchema, type SchemaNode } from '../config/defaults.ts'
import type { Position } from '../documents/document.ts'
import type { Policy } from '../policies/policy.ts'
import type { Target } from '../targets/target.ts'
import type { Operation } from './operation.ts'
import type { Origin, Setting } from './settings.ts'

/** One value of a setting, and where it was written. */
export interface ExplainedValue {
  /** Dotted path within the setting; empty for the whole. */
  readonly name: string
  readonly value: unknown
  readonly origin: Origin
}

export interface ExplainedSetting {
  readonly name: string
  readonly values: readonly ExplainedValue[]
}

/** What an operation does, and why: its settings in the order in which a request meets them. */
export interface Explanation {
  readonly at: Position
  readonly access: string
  readonly settings: readonly ExplainedSetting[]
  /** Policies that were declared and switched off again. */
  readonly off: readonly { readonly name: string; readonly origin: Origin }[]
}

/** What may have a setting: a policy or a target. */
export type ExplainedPart = Pick<Policy | Target, 'name' | 'schema'>

/** `parts` may be in the pipeline, in their order. */
export function explainOperation(operation: Operation, parts: readonly ExplainedPart[]): Explanation {
  const { document, node, settings, off } = operation
  const schemas = new Map(parts.map(({ name, schema }) => [name, asNode(schema)]))
  return {
    at: document.locate(node.pointer),
    access: describeAccess(operation),
    settings: [...schemas].flatMap(([name, schema]) => {
      const setting = settings.get(name)
      return setting === undefined ? [] : [{ name, values: explainSetting(setting, schema) }]
    }),
    off: [...off].map(([name, { document, pointer }]) => ({
      name,
      origin: { layer: pointer.startsWith('/defaults/') ? 'defaults' : 'operation', at: document.locate(pointer) },
    })),
  }
}

/** What stands for a secret (`writeOnly` in its schema). */
const notShown = '(not shown)'

/** One entry for each part of a setting that has an origin of its own and no parts below it. */
function explainSetting({ value, origins }: Setting, schema: SchemaNode): ExplainedValue[] {
  const pointers = [...origins.keys()]
  const leaves = pointers.filter((pointer) => !pointers.some((other) => other.startsWith(`${pointer}/`)))
  return leaves.map((pointer) => {
    const keys = pointer.split('/').slice(1)
    const secret = keys.reduce<SchemaNode | undefined>((node, key) => node && memberSchema(node, key), schema)?.writeOnly
    return {
      name: keys.join('.'),
      value: secret ? notShown : keys.reduce<unknown>((held, key) => (held as Record<string, unknown> | undefined)?.[key], value),
      origin: origins.get(pointer) as Origin,
    }
  })
}

/** `defaults, gateway.yaml:12:3`. */
export function describeOrigin({ layer, at }: Origin): string {
  return at === undefined
    ? 'built-in default'
    : `${layer === 'defaults' ? 'defaults' : 'the operation'}, ${at.file}:${at.line}:${at.column}`
}

/** `public`, or who may call: `bearerAuth(read:pets) or apiKey, roles user`. */
export function describeAccess({ access, settings }: Pick<Operation, 'access' | 'settings'>): string {
  if (access.kind === 'public') return 'public'
  const schemes = access.alternatives.map((alternative) => {
    const all = alternative.map(({ scheme, scopes }) => (scopes.length === 0 ? scheme : `${scheme}(${scopes.join(' ')})`))
    return all.length === 0 ? 'anonymous' : all.join(' and ')
  })
  const roles = settings.get('roles')?.value
  return (
    schemes.join(' or ') +
    (roles === undefined ? '' : `, roles ${Array.isArray(roles) ? roles.join('|') : JSON.stringify(roles)}`)
  )
}
