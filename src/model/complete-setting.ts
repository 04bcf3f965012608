import type { TSchema } from 'typebox'
import { fillDefaults } from '../config/defaults.ts'
import { checkSettings } from '../config/validate.ts'
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
  const value = fillDefaults(schema, setting.value)
  const findings = checkSettings(schema, value)
  if (findings.length === 0) return { ...setting, value, origins: withBuiltIns(setting.origins, value) }
  for (const { code, message, hint } of findings) {
    diagnostics.error(code, setting.node ?? owner, `'${name}', its layers laid over each other: ${message}`, hint)
  }
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
