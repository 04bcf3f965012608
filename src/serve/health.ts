import type { Health, Lifecycle } from '../services/service.ts'
import type { Mount } from './system-routes.ts'

/** The state of every service that has one, by name; a check that fails or hangs counts as unhealthy. */
export async function checkServices(services: ReadonlyMap<string, Lifecycle>): Promise<Record<string, Health>> {
  const checks = [...services].flatMap(([name, service]) =>
    service.check === undefined ? [] : [checkOne(name, service.check.bind(service))],
  )
  return Object.fromEntries(await Promise.all(checks))
}

/** How long a service may take to say how it is, in milliseconds. */
const checkTimeout = 3000

async function checkOne(name: string, check: () => Promise<Health>): Promise<[string, Health]> {
  const startedAt = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Health>((resolve) => {
    timer = setTimeout(() => resolve({ healthy: false, latencyMs: checkTimeout, detail: 'no answer' }), checkTimeout)
  })
  try {
    return [name, await Promise.race([check(), late])]
  } catch {
    return [name, { healthy: false, latencyMs: Math.round(performance.now() - startedAt), detail: 'not reachable' }]
  } finally {
    clearTimeout(timer)
  }
}

export interface HealthRoutes {
  /** Full path of the API's own health route; undefined when it is switched off. */
  path: string | undefined
  health(): Promise<Record<string, Health>>
  /** True while the process is told to stop: it still answers, but wants no more traffic. */
  draining(): boolean
}

/** `/livez`: the process answers. `/readyz`: it and its services can serve. The API's own health route says the same by name. */
export function healthRoutes({ path, health, draining }: HealthRoutes): Mount {
  return (router) => {
    router.get('/livez', (ctx) => {
      ctx.body = { status: 'alive' }
    })
    router.get('/readyz', async (ctx) => {
      const ready = !draining() && Object.values(await health()).every(({ healthy }) => healthy)
      ctx.status = ready ? 200 : 503
      ctx.body = { status: ready ? 'ready' : 'not_ready' }
    })
    if (path === undefined) return
    router.get(path, async (ctx) => {
      const states = Object.values(await health())
      ctx.body = { status: states.every(({ healthy }) => healthy) ? 'healthy' : 'degraded' }
    })
  }
}
