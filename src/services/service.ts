import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Located } from '../documents/document.ts'
import type { Meter } from '../metrics/meter.ts'
import type { Tracing } from '../tracing/tracing.ts'

/** A service's state, for `/health/detailed` and `/readyz`. */
export interface Health {
  healthy: boolean
  /** How long the check took, in milliseconds. */
  latencyMs: number
  /** What is wrong, in words that may be shown to callers; nothing internal. */
  detail?: string
}

/** What every service may do besides its own work. Start and stop may be called twice. */
export interface Lifecycle {
  start?(): Promise<void>
  stop?(): Promise<void>
  check?(): Promise<Health>
  /**
   * Without it nothing can be served: while its check fails, `/readyz` says so. Not for what is merely worse without it: all processes
   * lose a service that they share at once, and a load balancer that turns away from all of them makes an outage of it.
   */
  readonly essential?: true
  /** Connections that the service answers itself, past the pipelines. */
  readonly door?: Door
  /** Called as soon as the process is told to stop, while requests in flight are still answered. */
  drain?(): Promise<void>
  /**
   * The running service as the next generation of the gateway sees it, with the next generation's tools: what that declares
   * is collected, made ready by `start`, and counts from `activate` on. Without it the service is taken over as it is.
   */
  renew?(tools: ServiceTools): object
  /** Called between two requests, when the generation that it was created or renewed for begins to answer. */
  activate?(): void
}

/** Takes the HTTP requests and upgrades below a path. */
export interface Door {
  /** Ends with a slash. */
  readonly path: string
  request(req: IncomingMessage, res: ServerResponse): void
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
}

/**
 * The services by name. Each service's file adds its own member:
 * `declare module './service.ts' { interface Services { database: Database } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in each service's file
export interface Services {}
export type ServiceName = keyof Services & string

export interface ServiceTools {
  config: GatewayConfig
  /** The services before this one in the list; only those that it names in `uses` are sure to be there. */
  services: Services
  log: Logger
  /** What services count, whether or not it is served. */
  meter: Meter
  /** Undefined where the process has no tracer. */
  tracing: Tracing | undefined
  clock: Clock
  /** Where this process is one of several that serve the same on one port. */
  cluster: Cluster | undefined
  /** What a service finds wrong in the documents while it is created. */
  diagnostics: Diagnostics
  /** The root of gateway.yaml, for the positions of what is wrong in it; undefined when there is no such file. */
  gatewayFile: Located | undefined
  /** `components.securitySchemes` of all OpenAPI documents by name (`readSecuritySchemes` of the model). */
  securitySchemes: ReadonlyMap<string, Located>
  /** True under `gatefold mock`, where any credential is as good as another. */
  mocking: boolean
  /** Absolute path of the project directory (where gateway.yaml stands). */
  directory: string
  /** What this process does. */
  role: Role
  /** `NODE_ENV=production`: conveniences that are not safe for everybody are errors. */
  production: boolean
}

/** What one process of a gateway does: answer requests, run tasks, or both. */
export type Role = 'all' | 'api' | 'worker'

/** One service: created without side effects, started in list order, stopped in reverse. */
export interface ServiceDefinition<Name extends ServiceName = ServiceName> {
  readonly name: Name
  /** Other services that it needs; they stand before it in the list. */
  readonly uses?: readonly ServiceName[]
  /**
   * What of the configuration a running service cannot change. When a reload brings another value, or another instance of a
   * service that it uses, it is created anew and the running one stops; else the running one goes on (`renew`).
   */
  basis?(tools: ServiceTools): unknown
  create(tools: ServiceTools): Services[Name] & Lifecycle
}
