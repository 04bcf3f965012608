import { createRouter } from '../compile/router.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { parseDuration, parseSize } from '../config/units.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { serveMetrics } from '../metrics/server.ts'
import type { ServiceGroup } from '../services/lifecycle.ts'
import type { Role } from '../services/service.ts'
import { type Application, createTraffic } from './listener.ts'
import { createHttpServer, type ServerOptions } from './server.ts'

export interface ServeInput {
  readonly application: Application
  readonly services: ServiceGroup
  readonly config: GatewayConfig
  readonly metrics: Metrics
  readonly role: Role
  /** Takes precedence over `server.port`. */
  readonly port: number | undefined
}

/** What listens and runs. */
export interface Serving {
  readonly port: number
  /** The port of the metrics, where they have one of their own. */
  readonly metricsPort: number | undefined
  /** Stops accepting, answers what is in flight, lets tasks finish or go back, stops the services. */
  stop(): Promise<void>
}

/** Starts the services, then listens; a failure leaves nothing running. */
export async function serve({ application, services, config, metrics, role, port }: ServeInput): Promise<Serving> {
  const http = createHttpServer(createTraffic(servedBy(role, application)), serverOptions(config, role, port))
  await services.start()
  services.attach(http.server)
  const stopAll = async (error: unknown): Promise<never> => {
    await services.stop()
    throw error
  }
  const scrapes = await serveMetrics(config.metrics, metrics).catch(stopAll)
  const address = await http.start().catch((error: unknown) => scrapes.stop().then(() => stopAll(error)))
  return {
    port: address.port,
    metricsPort: scrapes.port,
    async stop() {
      const drained = services.drain()
      await http.stop()
      await drained
      await services.stop()
      await scrapes.stop()
    },
  }
}

/** A worker answers only the gateway's own routes, probes above all. */
function servedBy(role: Role, application: Application): Application {
  return role === 'worker' ? { ...application, router: createRouter() } : application
}

function serverOptions({ server }: GatewayConfig, role: Role, port: number | undefined): ServerOptions {
  return {
    host: server.host,
    // Several workers share a machine, and nobody but a probe has to find them.
    port: port ?? (role === 'worker' ? 0 : server.port),
    headersTimeout: parseDuration(server.headersTimeout),
    requestTimeout: parseDuration(server.requestTimeout),
    keepAliveTimeout: parseDuration(server.keepAliveTimeout),
    maxHeaderSize: parseSize(server.maxHeaderSize),
    shutdownTimeout: parseDuration(server.shutdownTimeout),
  }
}
