import type { ValidateFunction } from 'ajv'
import type { Located } from '../documents/document.ts'
import type { SchemaDialect } from './dialects.ts'

export type Direction = 'request' | 'response'

/**
 * A schema in the inner form that Ajv compiles: 2020-12 keywords only, `$ref`, `$dynamicRef`, `$id` and anchors replaced by
 * `reference` (the number of another entry), `discriminator` by `discriminate`. `examples` is there but not enumerable.
 */
export type Rule = boolean | RuleObject
export interface RuleObject {
  reference?: number
  discriminate?: Discriminate
  examples?: readonly unknown[]
  [keyword: string]: unknown
}

/** A discriminator resolved at boot: which branch each value chooses. */
export interface Discriminate {
  property: string
  /** The property of the rule that holds the branches. */
  branches: 'oneOf' | 'anyOf'
  /** Index of the branch by value; without a prototype, so that `toString` is a value like any other. */
  choices: Readonly<Record<string, number>>
  /** Index of the branch for every other value and for none (`defaultMapping`, OpenAPI 3.2). */
  otherwise?: number
}

/** The dynamic scope (JSON Schema 2020-12 section 7.1) as far as it decides anything: the outermost schema of each dynamic anchor. */
export interface Scope {
  readonly key: string
  readonly anchors: ReadonlyMap<string, Located>
}

/** One schema that is translated and compiled on its own: the target of a reference, or what a caller asked for. */
export interface Entry {
  readonly number: number
  readonly schema: Located
  readonly dialect: SchemaDialect
  readonly direction: Direction
  readonly scope: Scope
  /** Names of properties that the direction leaves out (readOnly in requests, writeOnly in responses), known from who refers to it. */
  readonly omitted: ReadonlySet<string>
  /** What people call the schema: its title or the last token of its place. */
  readonly name: string
  rule: Rule | undefined
  validate: ValidateFunction | undefined
}
