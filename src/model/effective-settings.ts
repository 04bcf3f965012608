import type { Registry } from '../compile/registry.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Located } from '../documents/document.ts'
import type { Policy } from '../policies/policy.ts'
import type { Target } from '../targets/target.ts'
import { completeSetting } from './complete-setting.ts'
import { type Layers, layerSetting, type Setting, type Settings } from './settings.ts'

export interface SettingsInput {
  readonly config: GatewayConfig
  readonly registry: Registry
  /** `defaults` of gateway.yaml as written. */
  readonly defaults: Located | undefined
  /** Whether something is wrong with what stands at a pointer of gateway.yaml, or below it; that was reported. */
  readonly refused: (pointer: string) => boolean
  readonly diagnostics: Diagnostics
}

/** The settings of one operation: `written` is what `operations.<id>` says, `owner` the operation in its document. */
export type EffectiveSettings = (target: string, written: Located | undefined, owner: Located) => Settings

/** Lays the layers over each other. What an operation says nothing about is worked out once, and is the same object for all of them. */
export function createEffectiveSettings(input: SettingsInput): EffectiveSettings {
  const { registry, defaults, config } = input
  const declarable = registry.policies.filter((policy) => !policy.always)
  const inherited = new Map<Policy | Target, Setting | undefined>()
  const unwritten = new Map<string, Settings>()

  function settle(part: Policy | Target, operation: Located | undefined, owner: Located): Setting | undefined {
    const layers = { defaults, operation }
    if (isRefused(part.name, layers, input)) return undefined
    const builtIn = 'default' in part ? (typeof part.default === 'function' ? part.default(config) : part.default) : undefined
    const layered = layerSetting(part.name, builtIn, layers)
    return layered && completeSetting(part.name, part.schema, layered, owner, input.diagnostics)
  }

  function settingsOf(target: string, written: Located | undefined, owner: Located): Settings {
    const settings = new Map<string, Setting>()
    for (const part of [...declarable, ...registry.targets.filter(({ name }) => name === target)]) {
      if (settings.has(part.name)) continue
      const own = written && child(written, part.name)
      if (own === undefined && !inherited.has(part)) inherited.set(part, settle(part, undefined, owner))
      const setting = own === undefined ? inherited.get(part) : settle(part, written, owner)
      if (setting !== undefined) settings.set(part.name, setting)
    }
    return settings
  }

  return (target, written, owner) => {
    if (written !== undefined) return settingsOf(target, written, owner)
    const known = unwritten.get(target) ?? settingsOf(target, undefined, owner)
    unwritten.set(target, known)
    return known
  }
}

/** What is wrong in one layer would be found a second time in the layers laid over each other. */
function isRefused(name: string, { defaults, operation }: Layers, { refused }: SettingsInput): boolean {
  return [defaults, operation].some((layer) => {
    const written = layer && child(layer, name)
    return written !== undefined && refused(written.pointer)
  })
}
