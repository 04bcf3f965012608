import type { Position } from '../documents/document.ts'

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
}

/** Effective settings by name (a policy's or a target's); a setting that is off or was never declared is absent. */
export type Settings = ReadonlyMap<string, Setting>
