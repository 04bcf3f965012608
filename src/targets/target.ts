import type { Static, TSchema } from 'typebox'
import type { CompileTools } from '../compile/tools.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Outcome, RequestContext } from '../context.ts'
import type { ProblemCode } from '../errors.ts'
import type { Operation } from '../model/operation.ts'
import type { ServiceName } from '../services/service.ts'

/** What answers an admitted request; compiled once per operation at boot. */
export interface TargetDefinition<Schema extends TSchema = TSchema> {
  readonly name: string
  readonly schema: Schema
  readonly uses?: readonly ServiceName[]
  /** The problems of the catalogue that it may answer with, for the served description of the operation. */
  refuses?(config: Static<Schema>, operation: Operation, gateway: GatewayConfig): readonly ProblemCode[]
  compile(
    config: Static<Schema>,
    operation: Operation,
    tools: CompileTools,
  ): (context: RequestContext) => Outcome | Promise<Outcome>
}

export interface Target<Schema extends TSchema = TSchema> extends TargetDefinition<Schema> {
  readonly kind: 'target'
}

/** Gives a target its types; `config` in `compile` has the schema's type. */
export function defineTarget<const Schema extends TSchema>(definition: TargetDefinition<Schema>): Target<Schema> {
  return { kind: 'target', ...definition }
}
