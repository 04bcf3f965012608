import type { Static, TSchema } from 'typebox'
import type { CompileTools } from '../compile/tools.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Outcome, RequestContext } from '../context.ts'
import type { ProblemCode } from '../errors.ts'
import type { Operation } from '../model/operation.ts'
import type { ServiceName } from '../services/service.ts'

/** What a step gives back: nothing to let the request pass, an outcome to end it here. */
export type StepResult = Outcome | undefined
export type Step = (context: RequestContext) => StepResult | Promise<StepResult>

/** Everything from some point of a pipeline to its end. */
export type Run = (context: RequestContext) => Outcome | Promise<Outcome>

/** The part of a policy that runs; each member is optional and costs nothing when absent. */
export interface Middleware {
  /** Runs in the order of the list before the target; an outcome ends the request. */
  before?: Step
  /** Runs in reverse order on whatever the pipeline ended with (refusals too); may replace it. */
  after?: (context: RequestContext, outcome: Outcome) => StepResult | Promise<StepResult>
  /** Wraps everything behind it (Koa style), once at boot; for what cannot be said with `before` and `after`. */
  wrap?: (next: Run) => Run
}

/** A middleware and the policy that it was compiled from. */
export interface PolicyStep extends Middleware {
  readonly policy: string
}

/**
 * One declared rule that a request must pass. `schema` describes its value in gateway.yaml under `defaults` and
 * `operations.<id>`; `compile` runs once per operation at boot and returns the small function that requests meet.
 */
export interface PolicyDefinition<Schema extends TSchema = TSchema> {
  readonly name: string
  readonly schema: Schema
  /** Value that stands when neither `defaults` nor the operation says anything; absent: the policy is off then. */
  readonly default?: unknown | ((config: GatewayConfig) => unknown)
  readonly uses?: readonly ServiceName[]
  /** Compiled for every operation, and no setting: gateway.yaml has no such key, so that nothing there can switch it off. */
  readonly always?: true
  /** Where a team's own policy stands: before anything else, behind the caller's check (when absent), or behind validation. */
  readonly stage?: 'arrival' | 'authenticated' | 'validated'
  /** The problems of the catalogue that it may answer with, for the served description of the operation. */
  refuses?(config: Static<Schema>, operation: Operation, gateway: GatewayConfig): readonly ProblemCode[]
  compile(config: Static<Schema>, operation: Operation, tools: CompileTools): Middleware | undefined
}

export interface Policy<Schema extends TSchema = TSchema> extends PolicyDefinition<Schema> {
  readonly kind: 'policy'
}

/** Gives a policy its types; `config` in `compile` has the schema's type. */
export function definePolicy<const Schema extends TSchema>(definition: PolicyDefinition<Schema>): Policy<Schema> {
  return { kind: 'policy', ...definition }
}
