import type { RouterContext } from '@koa/router'
import type { HealthChecks } from '../services/health.ts'
import type { Mount } from './system-routes.ts'

export interface HealthRoutes {
  /** Full path of the API's own health route; undefined when it is switched off. */
  path: string | undefined
  health: HealthChecks
  /** True while the process is told to stop: it still answers, but wants no more traffic. */
  draining(): boolean
}

/**
 * `/livez`: the process answers, whatever its services do; to start it again would not bring a database back. `/readyz`: it wants requests, that
 * is, it is not stopping and has what nothing works without; it does not listen before its documents are compiled and its services
 * started. The API's own health route tells of every service.
 */
export function healthRoutes({ path, health, draining }: HealthRoutes): Mount {
  return (router) => {
    router.get('/livez', (ctx) => answer(ctx, { status: 'alive' }))
    router.get('/readyz', async (ctx) => {
      const reasons = draining() ? ['draining'] : await health.missing()
      ctx.status = reasons.length === 0 ? 200 : 503
      answer(ctx, reasons.length === 0 ? { status: 'ready' } : { status: 'not_ready', reasons })
    })
    if (path === undefined) return
    router.get(path, async (ctx) => {
      const states = Object.values(await health.all())
      answer(ctx, { status: states.every(({ healthy }) => healthy) ? 'healthy' : 'degraded' })
    })
  }
}

/** As text: of an object Koa asks whether it is a `Response`, which loads Node's HTTP client, and every process is probed. */
function answer(ctx: RouterContext, value: object): void {
  ctx.type = 'json'
  ctx.body = JSON.stringify(value)
}
