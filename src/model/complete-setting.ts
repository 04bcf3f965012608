import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Located } from '../documents/document.ts'
import type { Origin, Setting } from './settings.ts'

/**
 * Fills the schema's defaults into a layered value, once, after all layers are merged, and reports what is still missing.
 * The layers' types and keys were checked where they were written.
 */
export function completeSetting(
  name: string,
  schema: TSchema,
  setting: Setting,
  owner: Located,
  diagnostics: Diagnostics,
): Setting | undefined {
  const value = Value.Default(schema, structuredClone(setting.value))
  if (Value.Check(schema, value)) return { ...setting, value, origins: withBuiltIns(setting.origins, value) }
  const missing = new Set<string>()
  for (const error of Value.Errors(schema, value)) {
    if (error.keyword === 'required') for (const key of error.params.requiredProperties) missing.add(key)
  }
  diagnostics.error(
    'incomplete-setting',
    setting.node ?? owner,
    missing.size === 0
      ? `'${name}' is not valid once its layers are laid over each other: ${JSON.stringify(value)}`
      : `'${name}' lacks ${[...missing].map((key) => `'${key}'`).join(', ')}`,
    `write it here or under 'defaults.${name}'`,
  )
  return undefined
}

function withBuiltIns(origins: ReadonlyMap<string, Origin>, value: unknown): ReadonlyMap<string, Origin> {
  const all = new Map(origins)
  const visit = (pointer: string, part: unknown): void => {
    if (!all.has(pointer)) all.set(pointer, { layer: 'built-in' })
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return
    for (const [key, member] of Object.entries(part)) visit(`${pointer}/${key}`, member)
  }
  visit('', value)
  return all
}
