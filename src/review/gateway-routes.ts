import type { Reviewed } from './review.ts'

/** A route of the gateway's own, as an operation may take it. */
export interface GatewayRoute {
  readonly path: string
  /** What it serves, for people. */
  readonly what: string
  /** The key of gateway.yaml that moves it. */
  readonly setting: string | undefined
  /** Whether an operation may well be meant to stand in its place. */
  readonly replaceable: boolean
}

/** The routes that stand beside the operations of this gateway. */
export function gatewayRoutes({ config, api, operations }: Pick<Reviewed, 'config' | 'api' | 'operations'>): GatewayRoute[] {
  const { docs, health, metrics, ops, tasks, realtime } = config
  const below = (path: string) => api.basePath + path
  const routes: GatewayRoute[] = [
    { path: '/livez', what: 'the probe of the process', setting: undefined, replaceable: false },
    { path: '/readyz', what: 'the probe of the services', setting: undefined, replaceable: false },
  ]
  if (health !== false)
    routes.push({ path: below(health.path), what: 'the state of the gateway', setting: 'health.path', replaceable: true })
  if (metrics !== false && metrics.port === undefined)
    routes.push({ path: metrics.path, what: 'the metrics', setting: 'metrics.path', replaceable: false })
  if (docs !== false) {
    const setting = 'docs.path'
    routes.push({ path: below(docs.path), what: 'the documentation', setting, replaceable: true })
    for (const name of ['/openapi.json', '/openapi.yaml'])
      routes.push({ path: below(name), what: 'the served document', setting: undefined, replaceable: true })
  }
  if (metrics !== false && metrics.port === undefined)
    routes.push({ path: metrics.path, what: 'the metrics', setting: 'metrics.path', replaceable: false })
  if (ops !== false) {
    routes.push({ path: ops.path, what: 'the operator page', setting: 'ops.path', replaceable: false })
    routes.push({ path: `${ops.path}/api/state`, what: 'the operator page', setting: 'ops.path', replaceable: false })
  }
  if (operations.some(({ target }) => target === 'task')) {
    const setting = 'tasks.path'
    routes.push({ path: below(tasks.path), what: 'the list of tasks', setting, replaceable: false })
    routes.push({ path: `${below(tasks.path)}/1`, what: 'the state of a task', setting, replaceable: false })
    routes.push({ path: `${realtime.path}/`, what: 'live events', setting: 'realtime.path', replaceable: false })
  }
  return routes
}
