import type { Admit } from '../compile/admit.ts'
import type { Mount } from '../serve/system-routes.ts'
import type { Metrics } from './metrics.ts'

/** Serves the metrics on the API's own port, to whoever is admitted. */
export function metricsRoute(path: string, metrics: Metrics, admit: Admit): Mount {
  return (router) => {
    router.get(path, async (ctx) => {
      await admit(ctx)
      const exposition = await metrics.exposition()
      ctx.set('cache-control', 'no-store')
      ctx.set('content-type', exposition.contentType)
      ctx.body = await exposition.text()
    })
  }
}
