import type { Logger } from 'pino'
import type { Document } from '../documents/document.ts'
import type { Operation } from '../model/operation.ts'
import { accessLog } from '../serve/access-log.ts'
import { docsRoutes } from '../serve/docs.ts'
import { healthRoutes } from '../serve/health.ts'
import type { Application } from '../serve/listener.ts'
import { servedDocument } from '../serve/served-document.ts'
import { createSystemRoutes, type Mount } from '../serve/system-routes.ts'
import { type CompiledTasks, compileTasks } from '../tasks/compile.ts'
import { compileEndpoints, compileEnvelope } from './endpoints.ts'
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
  /** Where requests are logged. */
  readonly accessLog: Logger
  /** True while the process is told to stop. */
  readonly draining: () => boolean
}

/** Everything that answers requests: the operations' pipelines, and behind them the gateway's own routes. */
export function compileApplication(input: ApplicationInput): Application {
  const { operations, system, basePath, registry, tools } = input
  const { config } = tools
  const router = compileEndpoints(operations, registry, tools)
  const { run } = createSystemRoutes(systemMounts(input, compileTasks(operations, tools)))
  return {
    router,
    elsewhere: compileEnvelope({ ...system, path: basePath }, registry, tools, run),
    done: accessLog(input.accessLog, config.log.requests),
    fault: logFault(tools.log),
  }
}

function systemMounts({ openapi, basePath, tools, draining }: ApplicationInput, tasks: CompiledTasks | undefined): Mount[] {
  const { config, documents, health } = tools
  const below = (section: { path: string } | false) => (section === false ? undefined : basePath + section.path)
  const mounts: Mount[] = [healthRoutes({ path: below(config.health), health, draining })]
  if (tasks !== undefined) mounts.push(tasks.mount)
  if (config.docs !== false) {
    const routes = docsRoutes({
      config: config.docs,
      basePath,
      document: () => servedDocument({ openapi, basePath, documents, fragments: tasks === undefined ? [] : [tasks.fragment] }),
    })
    const page = basePath + config.docs.path
    mounts.push((router) => {
      // Whoever opens the bare host wants to know what is here.
      if (page !== '/') router.get('/', (ctx) => ctx.redirect(page))
      for (const route of routes) router.get(route.path, route.handle as never)
    })
  }
  return mounts
}
