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
  const base = setting.node?.pointer ?? `/${name}`
  const findings = checkSettings(schema, value, base)
  if (findings.length === 0) return { ...setting, value, origins: withBuiltIns(setting.origins, value) }
  for (const { code, pointer, message, hint } of findings) {
    const part = pointer.slice(base.length)
    const at = (part === '' ? undefined : setting.origins.get(part)?.at) ?? setting.node ?? owner
    diagnostics.error(code, at, message + layersBelow(name, setting), hint)
  }
  return undefined
}

/** What else a value consists of than what stands at its place. */
function layersBelow(name: string, { origins }: Setting): string {
  const layers = new Set([...origins.values()].map(({ layer }) => layer))
  return layers.has('defaults') && layers.has('operation') ? ` (laid over defaults.${name})` : ''
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
