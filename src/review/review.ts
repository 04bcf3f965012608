import type { Registry } from '../compile/registry.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Located } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { Api } from '../model/api.ts'
import type { Operation } from '../model/operation.ts'
import type { SchemaCompiler } from '../schemas/compiler.ts'
import { advice, adviceOnWholes } from './rules.ts'

/** What a review looks at: all that boot has read and decided. */
export interface Reviewed {
  readonly config: GatewayConfig
  /** The root of gateway.yaml. */
  readonly root: Located
  /** False without a gateway.yaml (`gatefold mock`). */
  readonly written: boolean
  readonly api: Api
  readonly operations: readonly Operation[]
  readonly registry: Registry
  readonly documents: Documents
  readonly schemas: SchemaCompiler
  readonly diagnostics: Diagnostics
}

/** Looks for one kind of finding. Everything that it reports is a warning: nothing here keeps a gateway from serving. */
export type Rule = (reviewed: Reviewed) => void

/**
 * Advice about documents that can be served: what is misspelt without effect, unused, unchecked or contradicts itself. It costs
 * more than a boot, so only those who ask for it (`gatefold check`, `gatefold dev`) wait for it.
 */
export function review(reviewed: Reviewed): void {
  for (const rule of advice) rule(reviewed)
  // What is missing because its document is broken would look unused.
  if (!reviewed.diagnostics.hasErrors) for (const rule of adviceOnWholes) rule(reviewed)
}
