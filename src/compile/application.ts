import type { RequestContext } from '../context.ts'
import type { Document, Located } from '../documents/document.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { requestMetrics } from '../metrics/requests.ts'
import { metricsRoute } from '../metrics/routes.ts'
import type { Operation } from '../model/operation.ts'
import type { RecentRequests } from '../ops/recent-requests.ts'
import { opsRoutes } from '../ops/routes.ts'
import { readTraffic } from '../ops/traffic.ts'
import { accessLog } from '../serve/access-log.ts'
import { docsRoutes } from '../serve/docs.ts'
import { healthRoutes } from '../serve/health.ts'
import type { Application } from '../serve/listener.ts'
import type { Log } from '../serve/log.ts'
import { createSystemRoutes, type Mount } from '../serve/system-routes.ts'
import { type CompiledTasks, compileTasks } from '../tasks/compile.ts'
import { compileAdmit } from './admit.ts'
import { createDescriptions, type Descriptions } from './descriptions.ts'
import { compileEndpoints, compileEnvelope } from './endpoints.ts'
import { observers } from './observers.ts'
import { logFault } from './pipeline.ts'
import type { Registry } from './registry.ts'
import type { CompileTools } from './tools.ts'

export interface ApplicationInput {
  readonly operations: readonly Operation[]
  /** Stands for the system routes. */
  readonly system: Operation
  /** The OpenAPI documents that are served. */
  readonly openapi: readonly { document: Document; prefix: string }[]
  /** Path of the API, `''` or for example `/api/v1`; docs, health and tasks lie below it. */
  readonly basePath: string
  readonly registry: Registry
  readonly tools: CompileTools
  /** The root of gateway.yaml, for the places of what is wrong with its sections. */
  readonly gatewayFile: Located
  readonly metrics: Metrics
  readonly recent: RecentRequests
  /** Where requests are logged. */
  readonly accessLog: Log
}

/** Everything that answers requests: the operations' pipelines, and behind them the gateway's own routes. */
export function compileApplication(input: ApplicationInput): Application & { readonly descriptions: Descriptions } {
  const { operations, system, basePath, registry, tools } = input
  const { config } = tools
  const router = compileEndpoints(operations, registry, tools)
  const tasks = compileTasks(operations, tools)
  const { openapi } = input
  const descriptions = createDescriptions({
    openapi,
    basePath,
    operations,
    registry,
    config,
    documents: tools.documents,
    tasks,
    port: () => tools.state.port,
    webSocketOnly: tools.cluster !== undefined,
  })
  const { run } = createSystemRoutes(systemMounts(input, tasks, descriptions))
  const log = accessLog(input.accessLog, config.log.requests, tools.tracing !== undefined)
  const elsewhere = compileEnvelope({ ...system, path: basePath }, registry, tools, run)
  const done = observers({ ...input, log, router })
  const routeOf = (context: RequestContext) =>
    context.operation === elsewhere.operation ? context.systemRoute : context.operation.path
  return {
    descriptions,
    router,
    elsewhere,
    done: tools.tracing?.done(done, routeOf) ?? done,
    fault: logFault(tools.log),
  }
}

function systemMounts(
  { operations, basePath, registry, tools, gatewayFile, metrics, recent }: ApplicationInput,
  tasks: CompiledTasks | undefined,
  descriptions: Descriptions,
): Mount[] {
  const { config, health, state } = tools
  const below = (section: { path: string } | false) => (section === false ? undefined : basePath + section.path)
  const mounts: Mount[] = [healthRoutes({ path: below(config.health), health, draining: () => state.draining })]
  if (tasks !== undefined) mounts.push(tasks.mount)
  if (config.metrics !== false && config.metrics.port === undefined)
    mounts.push(metricsRoute(config.metrics.path, metrics, compileAdmit('metrics', config.metrics, gatewayFile, tools)))
  if (config.ops !== false) {
    const own = { traffic: () => readTraffic(requestMetrics(metrics.meter)), requests: recent.after }
    mounts.push(
      opsRoutes({
        path: config.ops.path,
        admit: compileAdmit('ops', config.ops, gatewayFile, tools),
        operations,
        parts: [...registry.policies, ...registry.targets],
        observation: tools.cluster?.observation(own) ?? own,
        worker: tools.cluster?.worker,
        tasks: tasks === undefined ? undefined : tools.services.tasks,
        state,
        health,
        log: tools.log,
        redact: config.log.redact,
      }),
    )
  }
  if (config.docs !== false) {
    const routes = docsRoutes({ config: config.docs, basePath, descriptions, live: tasks !== undefined })
    const page = basePath + config.docs.path
    mounts.push((router) => {
      // Whoever opens the bare host wants to know what is here.
      if (page !== '/') router.get('/', (ctx) => ctx.redirect(page))
      for (const route of routes) router.get(route.path, route.handle as never)
    })
  }
  return mounts
}
