import { dirname, resolve } from 'node:path'
import { compileApplication } from './compile/application.ts'
import type { Registry } from './compile/registry.ts'
import { createRouter } from './compile/router.ts'
import type { CompileTools } from './compile/tools.ts'
import { fillDefaults } from './config/defaults.ts'
import { readEnvironment } from './config/environment.ts'
import { extensionsOf, type LoadedConfig, loadConfig, readConfig } from './config/load.ts'
import { mockConfig } from './config/mock-config.ts'
import { GatewayConfig, openApiEntries } from './config/schema.ts'
import { parseDuration, parseSize } from './config/units.ts'
import { BootError, type Diagnostic, Diagnostics } from './documents/diagnostics.ts'
import { type Documents, openDocuments } from './documents/documents.ts'
import { checkOpenApi } from './documents/openapi-document.ts'
import { rootOf } from './documents/references.ts'
import { loadExtensions } from './extensions.ts'
import { buildModel, type ModelInput, systemOperation } from './model/model.ts'
import type { Operation } from './model/operation.ts'
import { basePath, readOperations } from './model/operations.ts'
import { readSecuritySchemes } from './model/security.ts'
import { policies } from './policies/builtin.ts'
import { createSchemaCompiler } from './schemas/compiler.ts'
import { checkServices } from './serve/health.ts'
import { type Application, createTraffic } from './serve/listener.ts'
import { type Log, openLog } from './serve/log.ts'
import { createHttpServer } from './serve/server.ts'
import { services as builtInServices } from './services/builtin.ts'
import { createServices, selectServices } from './services/lifecycle.ts'
import type { Role, Services } from './services/service.ts'
import { targets } from './targets/builtin.ts'
import { type HandlerModules, loadHandlers } from './targets/handler-modules.ts'

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
}

/** What boot has decided: a gateway that is ready to start, unless its diagnostics forbid it. */
export interface Plan {
  readonly directory: string
  readonly config: GatewayConfig
  readonly basePath: string
  readonly operations: readonly Operation[]
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
  readonly plan: Plan
  readonly services: Services
  /** Stops accepting, answers what is in flight, stops the services. May be called twice. */
  stop(): Promise<void>
}

/** The built-in parts, each list in the order in which things happen. */
export const builtIns: Registry = { policies, targets, services: builtInServices }

/**
 * The whole boot without `listen`: documents → config → model → pipelines. It reads files and the environment, starts
 * nothing, and reports everything that it finds at once.
 */
export async function planGateway(options: GatewayOptions = {}): Promise<Plan> {
  const role = options.role ?? 'all'
  const diagnostics = new Diagnostics()
  const directory = resolve(options.directory ?? '.')
  const documents = openDocuments({ directory, diagnostics })

  const mocking = options.mock !== undefined
  const loaded = await loadGatewayFile(options, directory, documents, diagnostics)
  if (loaded === undefined) return emptyPlan(directory, documents, diagnostics)
  const { registry, production, config, root, defaults, operations: layers } = loaded

  const openapi = openApiEntries(config.openapi).flatMap(({ file, prefix }) => {
    const document = documents.load(file, root)
    return document !== undefined && checkOpenApi(document, documents, diagnostics) ? [{ document, prefix }] : []
  })
  const declared = openapi.flatMap(({ document, prefix }) => readOperations(document, prefix, documents, diagnostics))
  const handlersDirectory = mocking ? undefined : resolve(dirname(root.document.file), config.handlers)
  const handlers = await loadHandlers(handlersDirectory, directory, diagnostics)
  handlers.reportUnused(declared.map(({ id }) => id))
  const input: ModelInput = { declared, config, defaults, operations: layers, registry, mocking, documents, diagnostics }
  const operations = buildModel(input)

  const log = openLog(config.log, directory)
  const roots = openapi.map(({ document }) => rootOf(document))
  const services = createServices(selectServices(registry.services, usedServices(operations, registry, handlers)), {
    config,
    directory,
    log: log.log,
    diagnostics,
    gatewayFile: root,
    securitySchemes: readSecuritySchemes(roots, documents, diagnostics),
    role,
    production,
    mocking,
  })
  const schemas = createSchemaCompiler({ documents, diagnostics })
  const health = () => checkServices(services.byName)
  const [first] = openapi
  const base = first === undefined ? '' : first.prefix + basePath(rootOf(first.document), documents)
  const tools: CompileTools = {
    config,
    basePath: base,
    directory,
    documents,
    schemas,
    services: services.services,
    diagnostics,
    log: log.log,
    handlers,
    health,
  }
  let draining = false
  const application = compileApplication({
    operations,
    system: systemOperation(root.document, input),
    openapi,
    basePath: base,
    registry,
    tools,
    accessLog: log.plain,
    draining: () => draining,
  })
  schemas.check()

  const plan: Plan = {
    directory,
    config,
    basePath: base,
    operations,
    registry,
    diagnostics: diagnostics.all,
    log,
    services: services.services,
    sourceOf: sourceIn(documents),
    start,
  }

  async function start(): Promise<Gateway> {
    if (diagnostics.hasErrors) throw new BootError(diagnostics.all)
    const server = createHttpServer(createTraffic(servedBy(role, application)), serverOptions(config, role, options.port))
    await services.start()
    services.attach(server.server)
    const address = await server.start().catch(async (error: unknown) => {
      await services.stop()
      throw error
    })
    void schemas.warm()
    let stopping: Promise<void> | undefined
    const stop = async () => {
      draining = true
      const drained = services.drain()
      await server.stop()
      await drained
      await services.stop()
      log.flush()
    }
    return { url: `http://localhost:${address.port}`, plan, services: services.services, stop: () => (stopping ??= stop()) }
  }

  return plan
}

/** Plans and starts a gateway. Throws a `BootError` with all diagnostics when its documents have errors. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const plan = await planGateway(options)
  return plan.start()
}

async function loadGatewayFile(
  options: GatewayOptions,
  directory: string,
  documents: Documents,
  diagnostics: Diagnostics,
): Promise<(LoadedConfig & { registry: Registry; production: boolean }) | undefined> {
  if (options.mock !== undefined)
    return { registry: builtIns, production: false, ...mockConfig(options.mock, directory, diagnostics) }
  const environment = readEnvironment(directory, options.environment ?? process.env, diagnostics)
  const source = readConfig({ documents, diagnostics, environment, file: options.file, env: options.env }, directory)
  if (source === undefined) return undefined
  const extensions = extensionsOf(source).map((node) => ({ file: node.value, node }))
  const registry = await loadExtensions(builtIns, extensions, directory, diagnostics)
  const production = environment.NODE_ENV === 'production'
  return { registry, production, ...loadConfig(source, registry, diagnostics) }
}

/** The services that some operation needs: by a policy, by its target, or because its handler's module names them. */
function usedServices(operations: readonly Operation[], registry: Registry, handlers: HandlerModules): Set<string> {
  const used = new Set<string>()
  for (const operation of operations) {
    for (const part of [...registry.policies, ...registry.targets]) {
      const isUsed = ('always' in part && part.always) || operation.settings.has(part.name) || operation.target === part.name
      if (isUsed) for (const name of part.uses ?? []) used.add(name)
    }
    for (const name of handlers.find(operation.id)?.uses ?? []) used.add(name)
  }
  return used
}

/** A worker answers only the gateway's own routes, probes above all. */
function servedBy(role: Role, application: Application): Application {
  return role === 'worker' ? { ...application, router: createRouter() } : application
}

function serverOptions({ server }: GatewayConfig, role: Role, port: number | undefined) {
  return {
    host: server.host,
    // Several workers share a machine, and nobody but a probe has to find them.
    port: port ?? (role === 'worker' ? 0 : server.port),
    headersTimeout: parseDuration(server.headersTimeout),
    requestTimeout: parseDuration(server.requestTimeout),
    keepAliveTimeout: parseDuration(server.keepAliveTimeout),
    maxHeaderSize: parseSize(server.maxHeaderSize),
    shutdownTimeout: parseDuration(server.shutdownTimeout),
  }
}

/** Without a configuration there is nothing to plan; only the diagnostics say why. */
function emptyPlan(directory: string, documents: Documents, diagnostics: Diagnostics): Plan {
  const config = fillDefaults(GatewayConfig, {}) as GatewayConfig
  return {
    directory,
    config,
    basePath: '',
    operations: [],
    registry: builtIns,
    log: openLog(config.log, directory),
    services: {},
    diagnostics: diagnostics.all,
    sourceOf: sourceIn(documents),
    start: () => Promise.reject(new BootError(diagnostics.all)),
  }
}

function sourceIn(documents: Documents): Plan['sourceOf'] {
  return (file) => documents.all().find(({ name }) => name === file)?.text
}
