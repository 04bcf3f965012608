import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Documents } from '../documents/documents.ts'
import type { GatewayState } from '../generations.ts'
import type { Meter } from '../metrics/meter.ts'
import type { SchemaCompiler } from '../schemas/compiler.ts'
import type { HealthChecks } from '../services/health.ts'
import type { Services } from '../services/service.ts'
import type { HandlerModules } from '../targets/handler-modules.ts'
import type { Tracing } from '../tracing/tracing.ts'

/** What policies and targets may use while they are compiled. */
export interface CompileTools {
  config: GatewayConfig
  documents: Documents
  schemas: SchemaCompiler
  services: Services
  diagnostics: Diagnostics
  log: Logger
  meter: Meter
  clock: Clock
  /** Where this process is one of several that serve the same on one port. */
  cluster: Cluster | undefined
  handlers: HandlerModules
  /** Undefined where the process has no tracer. */
  tracing: Tracing | undefined
  /** The state of the services that this gateway runs. */
  health: HealthChecks
  /** Which generation serves, and what came of the last reload. */
  state: GatewayState
  /** Path of the API, `''` or for example `/api/v1`; docs, health and tasks lie below it. */
  basePath: string
  /** Absolute path of the project directory (where gateway.yaml stands). */
  directory: string
}
