import type { Exposition } from '../metrics/exposition.ts'
import type { Observation } from '../ops/observation.ts'
import type { Counters } from '../services/limiter.ts'

/** The worker processes that serve one API on one port, as each of them sees them. */
export interface Cluster {
  /** From 1; a worker that takes the place of one that ended has its number. */
  readonly worker: number
  /** The port of the others; undefined for the first, before which nobody listens. */
  readonly port: number | undefined
  /** The port at which the others show their metrics, where these have one of their own. */
  readonly metricsPort: number | undefined
  /** Counts for all of them. */
  readonly counters: Counters
  /** Gives the metrics of all for those of this process. */
  exposition(own: Exposition): Exposition
  /** Gives what is observed in all for what this process observes. */
  observation(own: Observation): Observation
}
