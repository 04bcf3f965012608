import type { Gateway } from '../gateway.ts'
import type { Role } from '../services/service.ts'

const choices = "answers come from examples and schemas; 'Prefer: code=404', 'example=NAME' or 'dynamic=true' chooses"

/** What a person wants to know who has just started a gateway: what is served where, and what keeps its data. */
export function banner(gateway: Gateway, role: Role, bootMs: number): string {
  return `${bannerHead(role, bootMs)}${bannerRows(gateway, role)}\n`
}

export function bannerHead(role: Role, bootMs: number): string {
  return `\ngatefold is ${role === 'worker' ? 'running tasks' : 'serving'}, ready in ${Math.round(bootMs)} ms\n\n`
}

export function bannerRow(name: string, value: string): string {
  return `  ${name.padEnd(9)} ${value}\n`
}

export function bannerRows({ url, metricsUrl, plan, services }: Gateway, role: Role): string {
  const { config, basePath, operations } = plan
  const rows: [string, string][] = []
  if (role !== 'worker') {
    rows.push(['API', `${url}${basePath}/  (${operations.length} ${operations.length === 1 ? 'operation' : 'operations'})`])
    if (config.docs !== false) {
      rows.push(['docs', `${url}${basePath}${config.docs.path}`], ['OpenAPI', `${url}${basePath}/openapi.json`])
    }
  }
  if (operations.length > 0 && operations.every(({ target }) => target === 'mock')) rows.push(['mock', choices])
  if (role !== 'worker' && services.realtime !== undefined) rows.push(['live', `${url}${config.realtime.path}  (Socket.IO)`])
  if (role !== 'worker' && config.ops !== false) rows.push(['operators', `${url}${config.ops.path}`])
  rows.push(['health', `${url}/livez, ${url}/readyz`])
  if (config.metrics !== false) rows.push(['metrics', metricsUrl ?? url + config.metrics.path])
  if (services.database !== undefined) {
    rows.push([
      'database',
      services.database.kind === 'embedded' ? `embedded Postgres in ${config.database.dataDir}` : 'Postgres',
    ])
  }
  if (services.keys?.developmentSecretFile !== undefined) {
    rows.push(['secret', `generated for development, kept in ${services.keys.developmentSecretFile}`])
  }
  return rows.map(([name, value]) => bannerRow(name, value)).join('')
}
