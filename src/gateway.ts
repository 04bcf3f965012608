import { dirname, resolve } from 'node:path'
import { type Clock, systemClock } from './clock.ts'
import { compileApplication } from './compile/application.ts'
import type { Registry } from './compile/registry.ts'
import type { CompileTools } from './compile/tools.ts'
import { usedServices } from './compile/used-services.ts'
import { readConfiguration } from './config/configuration.ts'
import type { GatewayConfig } from './config/schema.ts'
import { BootError, type Diagnostic, Diagnostics } from './documents/diagnostics.ts'
import type { Located } from './documents/document.ts'
import { type Documents, openDocuments } from './documents/documents.ts'
import { createMetrics } from './metrics/metrics.ts'
import { measureReloads } from './metrics/reloads.ts'
import { readApi } from './model/api.ts'
import { buildModel, systemOperation } from './model/model.ts'
import type { Operation } from './model/operation.ts'
import { checkOverrides, type Overrides, overrideHandlers, overrideServices } from './overrides.ts'
import { policies } from './policies/builtin.ts'
import { createSchemaCompiler } from './schemas/compiler.ts'
import { type Log, openLog } from './serve/log.ts'
import { serve } from './serve/serve.ts'
import { keepTickObjects } from './serve/tick-objects.ts'
import { services as builtInServices } from './services/builtin.ts'
import { createHealthChecks } from './services/health.ts'
import { createServices, selectServices } from './services/lifecycle.ts'
import type { Role, Services } from './services/service.ts'
import { targets } from './targets/builtin.ts'
import { loadHandlers } from './targets/handler-modules.ts'

/** Where a gateway's documents are and what overrides them. */
export interface GatewayOptions {
  /** The project's directory; the working directory when absent. */
  directory?: string | undefined
  /** The configuration file, relative to the directory; `gateway.yaml` when absent. */
  file?: string | undefined
  /** Lays `gateway.<env>.yaml` over the configuration. */
  env?: string | undefined
  /** Where `${NAME}` is looked up; the process's own environment when absent. */
  environment?: Readonly<Record<string, string | undefined>> | undefined
  /** An OpenAPI document to serve from its examples and schemas, without a gateway.yaml (`gatefold mock`). */
  mock?: string | undefined
  /** Takes precedence over `server.port`; 0 takes a free one. */
  port?: number | undefined
  /** What this process does: answer requests, run tasks, or both; `all` when absent. */
  role?: Role | undefined
  /** What time it is; that of this machine when absent. */
  clock?: Clock | undefined
  overrides?: Overrides | undefined
}

/** What boot has decided: a gateway that is ready to start, unless its diagnostics forbid it. */
export interface Plan {
  readonly directory: string
  readonly config: GatewayConfig
  readonly basePath: string
  readonly operations: readonly Operation[]
  readonly documents: Documents
  /** `components.securitySchemes` of all OpenAPI documents, by name. */
  readonly securitySchemes: ReadonlyMap<string, Located>
  readonly diagnostics: readonly Diagnostic[]
  /** The text of a document by its shown name, for code frames. */
  sourceOf(file: string): string | undefined
  /** The policies and targets that gateway.yaml may name. */
  readonly registry: Registry
  readonly log: Log
  /** The services that the operations use: created, not started. */
  readonly services: Partial<Services>
  /** Serves until `stop` is called. Throws a `BootError` when a diagnostic is an error. */
  start(): Promise<Gateway>
}

/** A gateway that is serving. */
export interface Gateway {
  /** For example `http://localhost:8000`. */
  readonly url: string
  /** Where metrics are scraped on a port of their own, for example `http://127.0.0.1:9464/metrics`. */
  readonly metricsUrl: string | undefined
  readonly plan: Plan
  readonly services: Services
  /** Stops accepting, answers what is in flight, stops the services. May be called twice. */
  stop(): Promise<void>
}

/** The built-in parts, each list in the order in which things happen. */
export const builtIns: Registry = { policies, targets, services: builtInServices }

/** What a mock can do without: nobody refers to its operations by name, and nobody's credentials are right or wrong. */
const toleratedByMocks = ['duplicate-operation-id', 'unknown-security-scheme']

/**
 * The whole boot without `listen`: documents → config → model → services → pipelines. It reads files and the environment,
 * starts nothing, and reports everything that it finds at once.
 */
export async function planGateway(options: GatewayOptions = {}): Promise<Plan> {
  const { file, env, environment = process.env, mock, role = 'all', port, clock = systemClock, overrides = {} } = options
  const directory = resolve(options.directory ?? '.')
  keepTickObjects()
  const diagnostics = new Diagnostics(mock === undefined ? [] : toleratedByMocks)
  const documents = openDocuments({ directory, diagnostics })

  const configuration = await readConfiguration(
    { directory, file, env, environment, mock, overrides: overrides.config },
    builtIns,
    documents,
    diagnostics,
  )
  const { config, root, production, readable } = configuration
  const registry = { ...configuration.registry, services: overrideServices(configuration.registry.services, overrides.services) }
  const api = readApi(configuration, documents, diagnostics)

  const mocking = mock !== undefined
  const handlersDirectory = mocking ? undefined : resolve(dirname(root.document.file), config.handlers)
  const handlers = overrideHandlers(await loadHandlers(handlersDirectory, directory, diagnostics), overrides.handlers)
  // Without a configuration every operation would look undecided; what is wrong then is the configuration.
  const declared = readable ? api.declared : []
  handlers.reportUnused(declared.map(({ id }) => id))
  const layers = { defaults: configuration.defaults, operations: configuration.operations }
  const model = { declared, config, ...layers, registry, mocking, documents, diagnostics }
  const operations = buildModel(model)
  if (readable) checkOverrides(overrides, operations, registry.services, diagnostics)

  const log = openLog(config.log, directory, overrides.log)
  const metrics = createMetrics()
  measureReloads(metrics.meter, { generation: 1, since: new Date(), lastReload: undefined })
  const used = [...usedServices(operations, registry, handlers), ...Object.keys(overrides.services ?? {})]
  const services = createServices(selectServices(registry.services, used), {
    config,
    directory,
    log: log.log,
    meter: metrics.meter,
    clock,
    diagnostics,
    gatewayFile: root,
    securitySchemes: api.securitySchemes,
    role,
    production,
    mocking,
  })

  const schemas = createSchemaCompiler({ documents, diagnostics })
  const tools: CompileTools = {
    config,
    basePath: api.basePath,
    directory,
    documents,
    schemas,
    services: services.services,
    diagnostics,
    log: log.log,
    meter: metrics.meter,
    clock,
    handlers,
    health: createHealthChecks(services.byName),
  }
  let draining = false
  const application = compileApplication({
    operations,
    system: systemOperation(root.document, model),
    openapi: api.openapi,
    basePath: api.basePath,
    registry,
    tools,
    gatewayFile: root,
    metrics,
    accessLog: log,
    draining: () => draining,
  })
  schemas.check()

  const plan: Plan = {
    directory,
    config,
    basePath: api.basePath,
    operations,
    documents,
    securitySchemes: api.securitySchemes,
    registry,
    diagnostics: diagnostics.all,
    log,
    services: services.services,
    sourceOf: (name) => documents.all().find((document) => document.name === name)?.text,
    start,
  }

  async function start(): Promise<Gateway> {
    if (diagnostics.hasErrors) throw new BootError(diagnostics.all)
    log.open()
    const serving = await serve({ application, services, config, metrics, role, port })
    void schemas.warm()
    let stopping: Promise<void> | undefined
    async function stop(): Promise<void> {
      draining = true
      await serving.stop()
      log.flush()
    }
    return {
      url: `http://localhost:${serving.port}`,
      metricsUrl:
        config.metrics === false || serving.metricsPort === undefined
          ? undefined
          : `http://${config.metrics.host}:${serving.metricsPort}${config.metrics.path}`,
      plan,
      services: services.services,
      stop: () => (stopping ??= stop()),
    }
  }

  return plan
}

/** Plans and starts a gateway. Throws a `BootError` with all diagnostics when its documents have errors. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const plan = await planGateway(options)
  return plan.start()
}
