import type { Handler } from '../gatefold.ts'

/** GET / */
export const getIndex: Handler<'getIndex'> = (_request, { operation }) => {
  const { info } = operation.document.value as { info: { title: string; version: string } }
  const base = operation.path.replace(/\/$/, '')
  return { name: info.title, version: info.version, docs: `${base}/docs`, openapi: `${base}/openapi.json` }
}

/** GET /health */
export const getHealth: Handler<'getHealth'> = () => ({ status: 'healthy' })

/** GET /health/detailed */
export const getHealthDetailed: Handler<'getHealthDetailed'> = async (_request, context) => {
  const found = Object.entries(await context.health())
  const services = found.map(([name, { healthy, latencyMs, detail }]) => {
    const status = healthy ? 'healthy' : 'unhealthy'
    return [name, { status, latency_ms: Math.round(latencyMs * 100) / 100, ...(detail !== undefined && { detail }) }]
  })
  return { status: found.every(([, { healthy }]) => healthy) ? 'healthy' : 'degraded', services: Object.fromEntries(services) }
}
