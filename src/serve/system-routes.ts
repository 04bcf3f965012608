import Router from '@koa/router'
import type { Reply, RequestContext } from '../context.ts'
import { problem } from '../errors.ts'
import type { CorsConfig } from '../policies/cors.ts'
import type { Run } from '../policies/policy.ts'
import { systemPreflight } from '../policies/preflight.ts'
import { koaContext, replyOf } from './koa.ts'

/** Adds its routes to the router of system routes. */
export type Mount = (router: Router) => void

/**
 * What answers where no operation does: the gateway's own routes (docs, health, tasks), then 404, or 405 with `Allow`
 * where only the method is wrong. Handlers of these routes may throw problems.
 */
export function createSystemRoutes(mounts: readonly Mount[]): { run: Run; router: Router } {
  const router = new Router({ sensitive: true, strict: true })
  for (const mount of mounts) mount(router)
  const routes = router.routes()
  const preflights = new Map<string, ReturnType<typeof systemPreflight>>()

  function preflightFor(allowed: string, context: RequestContext): Reply {
    let answer = preflights.get(allowed)
    if (answer === undefined) {
      answer = systemPreflight(context.operation.settings.get('cors')?.value as CorsConfig | undefined, allowed)
      preflights.set(allowed, answer)
    }
    return answer(context)
  }

  const run: Run = async function systemRoutes(context) {
    const { path } = context
    const known = router.match(path, context.req.method as string)
    const route = known.path.at(-1)
    if (route !== undefined) context.systemRoute = String(route.path).replaceAll(/:(\w+)/g, '{$1}')
    if (known.pathAndMethod.length > 0) {
      const ctx = koaContext(context)
      await routes(ctx as never, async () => {})
      return replyOf(ctx)
    }
    if (known.path.length === 0) return problem('not_found', { detail: `nothing is served at ${path}` })
    const allowed = [...new Set(known.path.flatMap((layer) => layer.methods)), 'OPTIONS'].join(', ')
    if (context.req.method === 'OPTIONS') return preflightFor(allowed, context)
    return problem('method_not_allowed', { detail: `allowed here: ${allowed}`, headers: { allow: allowed } })
  }
  return { run, router }
}
