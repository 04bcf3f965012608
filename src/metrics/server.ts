import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GatewayConfig } from '../config/schema.ts'
import type { Exposition } from './exposition.ts'
import type { Metrics } from './metrics.ts'

/** Metrics that are served. */
export interface ServedMetrics {
  /** Undefined where they are on the API's port, or nowhere. */
  readonly port: number | undefined
  /** They answer until the very end: how a process stops is worth seeing too. */
  stop(): Promise<void>
}

/** Begins to observe the process where metrics are declared, and listens where they have a port of their own. */
export async function serveMetrics(config: GatewayConfig['metrics'], metrics: Metrics): Promise<ServedMetrics> {
  if (config === false) return { port: undefined, stop: async () => {} }
  const exposition = await metrics.exposition()
  if (config.port === undefined) return { port: undefined, stop: async () => {} }
  const server = createServer({ requestTimeout: 10_000 }, scrapes(config.path, exposition))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(config.port, config.host, resolve)
  await promise.catch(({ message }: Error) => {
    throw new Error(`metrics cannot be served: ${message}; choose another metrics.port or metrics.host`)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers at one path and nowhere else. */
function scrapes(path: string, { contentType, text }: Exposition): RequestListener {
  return function scrape({ method, url = '' }, res) {
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
}
