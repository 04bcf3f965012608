import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cluster } from '../cluster/cluster.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Exposition } from './exposition.ts'
import type { Metrics } from './metrics.ts'

/** Metrics that are served. */
export interface ServedMetrics {
  /** Undefined where they are on the API's port, or nowhere. */
  readonly port: number | undefined
  /** Where they are answered; may be changed. */
  path: string
  /** They answer until the very end: how a process stops is worth seeing too. */
  stop(): Promise<void>
}

/** Begins to observe the process where metrics are declared, and listens where they have a port of their own. */
export async function serveMetrics(
  config: GatewayConfig['metrics'],
  metrics: Metrics,
  cluster: Cluster | undefined,
): Promise<ServedMetrics> {
  if (config === false) return { port: undefined, path: '', stop: async () => {} }
  const exposition = await metrics.exposition()
  if (config.port === undefined) return { port: undefined, path: config.path, stop: async () => {} }
  const server = createServer({ requestTimeout: 10_000 }, (req, res) => scrape(served.path, exposition, req, res))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  const port = config.port === 0 ? (cluster?.metricsPort ?? 0) : config.port
  server.listen({ port, host: config.host, reusePort: cluster !== undefined }, resolve)
  await promise.catch(({ message }: Error) => {
    throw new Error(`metrics cannot be served: ${message}; choose another metrics.port or metrics.host`)
  })
  const served: ServedMetrics = {
    path: config.path,
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return served
}

/** Answers at one path and nowhere else. */
function scrape(
  path: string,
  { contentType, text }: Exposition,
  { method, url = '' }: IncomingMessage,
  res: ServerResponse,
): void {
  if (url.split('?', 1)[0] !== path) {
    res.writeHead(404).end()
  } else if (method !== 'GET' && method !== 'HEAD') {
    res.writeHead(405, { allow: 'GET, HEAD' }).end()
  } else {
    text().then(
      (body) => res.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body),
      () => res.writeHead(500).end(),
    )
  }
}
