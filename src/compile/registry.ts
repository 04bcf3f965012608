import type { Policy } from '../policies/policy.ts'
import type { ServiceDefinition } from '../services/service.ts'
import type { Target } from '../targets/target.ts'

/** All parts that a gateway is built from; a plain value that is passed along, never a global. */
export interface Registry {
  /** In the order in which requests meet them. */
  readonly policies: readonly Policy[]
  readonly targets: readonly Target[]
  /** In the order in which they are started. */
  readonly services: readonly ServiceDefinition[]
}
