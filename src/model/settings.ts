import { child, escapePointer, isObject, type Located, type Position } from '../documents/document.ts'

/** Where an effective setting was written. */
export interface Origin {
  layer: 'built-in' | 'defaults' | 'operation'
  at?: Position
}

/** The effective value of one setting of one operation, and where each part of it was written. */
export interface Setting<T = unknown> {
  readonly value: T
  /** By JSON pointer into `value`; `''` for the whole. */
  readonly origins: ReadonlyMap<string, Origin>
  /** The written value of the nearest layer, for diagnostics about the setting; undefined for built-in defaults. */
  readonly node: Located | undefined
}

/** Effective settings by name (a policy's or a target's); a setting that is off or was never declared is absent. */
export type Settings = ReadonlyMap<string, Setting>

/** The layers of gateway.yaml that an operation's settings come from, nearest last. */
export interface Layers {
  readonly defaults: Located | undefined
  readonly operation: Located | undefined
}

/**
 * Lays built-in default, `defaults` and `operations.<id>` over each other for one setting. Objects are merged member by
 * member, scalars and lists are replaced, `false` switches the setting off until a nearer layer says otherwise.
 * Undefined when nothing declares it or it is off.
 */
export function layerSetting(name: string, builtIn: unknown, layers: Layers): Setting | undefined {
  const origins = new Map<string, Origin>()
  let value: unknown
  let node: Located | undefined
  if (builtIn !== undefined && builtIn !== false) {
    value = structuredClone(builtIn)
    record(origins, '', value, () => ({ layer: 'built-in' }))
  }
  for (const layer of ['defaults', 'operation'] as const) {
    const written = layers[layer] && child(layers[layer], name)
    if (written === undefined) continue
    node = written
    value = overlay(value, written.value, '', origins, (pointer) => ({
      layer,
      at: written.document.locate(written.pointer + pointer),
    }))
  }
  return value === undefined || value === false ? undefined : { value, origins, node }
}

type OriginOf = (pointer: string) => Origin

function overlay(under: unknown, over: unknown, pointer: string, origins: Map<string, Origin>, originOf: OriginOf): unknown {
  if (!isObject(under) || !isObject(over)) {
    for (const known of [...origins.keys()]) if (known === pointer || known.startsWith(`${pointer}/`)) origins.delete(known)
    record(origins, pointer, over, originOf)
    return structuredClone(over)
  }
  const merged: Record<string, unknown> = { ...under }
  for (const key of Object.keys(over)) {
    const below = `${pointer}/${escapePointer(key)}`
    merged[key] = overlay(Object.hasOwn(under, key) ? under[key] : undefined, over[key], below, origins, originOf)
  }
  return merged
}

/** Notes the origin of a value and, for objects, of each member. */
function record(origins: Map<string, Origin>, pointer: string, value: unknown, originOf: OriginOf): void {
  origins.set(pointer, originOf(pointer))
  if (!isObject(value)) return
  for (const key of Object.keys(value)) record(origins, `${pointer}/${escapePointer(key)}`, value[key], originOf)
}
