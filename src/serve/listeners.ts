import type { Cluster } from '../cluster/cluster.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { parseSize, parseTimeout } from '../config/units.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { type ServedMetrics, serveMetrics } from '../metrics/server.ts'
import type { Role } from '../services/service.ts'
import { createHttpServer, type HttpServer, type Reception, type ServerOptions } from './server.ts'
import { checkFree } from './shared-port.ts'

/** The addresses at which a process listens: the API's, and that of the metrics where they have one of their own. */
export interface Listeners {
  readonly port: number
  readonly metricsPort: number | undefined
  /**
   * Listens where another configuration wants it. Gives a function that goes over to it: what was listened to before is closed, its
   * connections end as they do at a stop. Rejects when an address cannot be had; nothing has changed then.
   */
  move(config: GatewayConfig): Promise<() => void>
  /** Stops accepting and answers what is in flight. */
  stop(): Promise<void>
  /** Metrics are answered until the very end. */
  stopMetrics(): Promise<void>
}

export interface ListenersInput {
  readonly reception: Reception
  readonly config: GatewayConfig
  readonly metrics: Metrics
  readonly role: Role
  /** Takes precedence over `server.port`. */
  readonly port: number | undefined
  readonly cluster: Cluster | undefined
}

/** Listens; a failure leaves nothing open. */
export async function openListeners(input: ListenersInput): Promise<Listeners> {
  const { reception, config, metrics, cluster } = input
  let options = serverOptions(config, input)
  let scraped = config.metrics
  if (cluster !== undefined && cluster.port === undefined) await checkFree(options)
  let scrapes = await serveMetrics(scraped, metrics, cluster)
  let http = await listen(options).catch((error: unknown) => scrapes.stop().then(() => Promise.reject(error)))

  async function listen(at: ServerOptions): Promise<HttpServer> {
    const server = createHttpServer(reception, at)
    await server.start()
    return server
  }

  async function move(config: GatewayConfig): Promise<() => void> {
    const next = serverOptions(config, input)
    const nextScrapes = sameAddress(scraped, config.metrics) ? scrapes : await serveMetrics(config.metrics, metrics, cluster)
    const isThere = next.host === options.host && next.port === options.port
    const moved = isThere ? http : await listen(next).catch((error: unknown) => endUnless(nextScrapes, scrapes, error))
    return function settle() {
      const before = { http, scrapes }
      http = moved
      scrapes = nextScrapes
      options = next
      scraped = config.metrics
      http.adjust(next)
      if (config.metrics !== false) scrapes.path = config.metrics.path
      if (before.http !== http) void before.http.stop()
      if (before.scrapes !== scrapes) void before.scrapes.stop()
    }
  }

  return {
    get port() {
      return http.port
    },
    get metricsPort() {
      return scrapes.port
    },
    move,
    stop: () => http.stop(),
    stopMetrics: () => scrapes.stop(),
  }
}

async function endUnless(opened: ServedMetrics, kept: ServedMetrics, error: unknown): Promise<never> {
  if (opened !== kept) await opened.stop()
  throw error
}

function sameAddress(one: GatewayConfig['metrics'], other: GatewayConfig['metrics']): boolean {
  return one !== false && other !== false && one.host === other.host && one.port === other.port
}

function serverOptions({ server }: GatewayConfig, { role, port, cluster }: ListenersInput): ServerOptions {
  // Several workers share a machine, and nobody but a probe has to find them.
  const wanted = port ?? (role === 'worker' ? 0 : server.port)
  return {
    host: server.host,
    port: wanted === 0 ? (cluster?.port ?? 0) : wanted,
    reusePort: cluster !== undefined,
    headersTimeout: parseTimeout(server.headersTimeout),
    requestTimeout: parseTimeout(server.requestTimeout),
    keepAliveTimeout: parseTimeout(server.keepAliveTimeout),
    maxHeaderSize: parseSize(server.maxHeaderSize),
    shutdownTimeout: parseTimeout(server.shutdownTimeout),
  }
}
