import { dirname, resolve } from 'node:path'
import { type Clock, systemClock } from './clock.ts'
import type { Cluster } from './cluster/cluster.ts'
import { compileApplication } from './compile/application.ts'
import type { Descriptions } from './compile/descriptions.ts'
import type { Registry } from './compile/registry.ts'
import type { CompileTools } from './compile/tools.ts'
import { usedServices } from './compile/used-services.ts'
import { readConfiguration } from './config/configuration.ts'
import type { GatewayConfig } from './config/schema.ts'
import type { DiagnosticCode } from './documents/diagnostic-codes.ts'
import { BootError, type Diagnostic, Diagnostics } from './documents/diagnostics.ts'
import { child, type Located } from './documents/document.ts'
import { type Documents, openDocuments } from './documents/documents.ts'
import { createRun, type GatewayState, type Reload, type Run, serveGenerations } from './generations.ts'
import { type Inputs, inputsOf } from './inputs.ts'
import { readApi } from './model/api.ts'
import type { Reading } from './model/changes.ts'
import { buildModel, systemOperation } from './model/model.ts'
import type { Operation } from './model/operation.ts'
import { checkOverrides, type Overrides, overrideHandlers, overrideServices } from './overrides.ts'
import { policies } from './policies/builtin.ts'
import { refreshModules } from './project-modules.ts'
import { review } from './review/review.ts'
import { createSchemaCompiler } from './schemas/compiler.ts'
import { type Log, openLog } from './serve/log.ts'
import type { Generation } from './serve/serve.ts'
import { keepTickObjects } from './serve/tick-objects.ts'
import { services as builtInServices } from './services/builtin.ts'
import { createHealthChecks } from './services/health.ts'
import { createServices, selectServices } from './services/lifecycle.ts'
import type { Role, Services } from './services/service.ts'
import { targets } from './targets/builtin.ts'
import { loadHandlers } from './targets/handler-modules.ts'
import { openTracing } from './tracing/tracing.ts'

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
  /** Writes the log for people where `log.format` leaves it open. */
  pretty?: boolean | undefined
  /** What time it is; that of this machine when absent. */
  clock?: Clock | undefined
  /** Where this process is one of several that serve the same on one port. */
  cluster?: Cluster | undefined
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
  /** What boot has found. */
  readonly diagnostics: readonly Diagnostic[]
  readonly hasErrors: boolean
  /** What boot has found, and advice besides: a closer look at the documents, which boot does not take. */
  review(): readonly Diagnostic[]
  /** The files that it was made of. */
  inputs(): Inputs
  /** The text of a document by its shown name, for code frames. */
  sourceOf(file: string): string | undefined
  /** The policies and targets that gateway.yaml may name. */
  readonly registry: Registry
  readonly log: Log
  /** The documents that describe the API and its live events, as they are served. */
  readonly descriptions: Descriptions
  /** The services that the operations use: created, not started. */
  readonly services: Partial<Services>
  /** What answers requests once it serves. */
  readonly generation: Generation
  /** What a later plan is compared with. */
  readonly reading: Reading
  /** Compiles in the background what nobody has asked for yet, for as long as it is wanted; resolves when nothing is left. */
  warm(isWanted?: () => boolean): Promise<void>
  /** Serves until `stop` is called. Throws a `BootError` when a diagnostic is an error. */
  start(): Promise<Gateway>
}

/** A gateway that is serving. */
export interface Gateway {
  /** For example `http://localhost:8000`. */
  readonly url: string
  /** Where metrics are scraped on a port of their own, for example `http://127.0.0.1:9464/metrics`. */
  readonly metricsUrl: string | undefined
  /** The plan that is served. */
  readonly plan: Plan
  readonly services: Services
  /** Resolves once every validator of the plan is compiled, which begins when it serves, or is not wanted any more. */
  readonly warmed: Promise<void>
  /** Which generation serves, since when, and what came of the last reload. */
  readonly state: GatewayState
  /**
   * Reads everything anew and lets it answer from the next request on; connections, tasks and sockets go on. What cannot serve
   * changes nothing. Never rejects. `agree`, when given, is asked once the new reading could answer, and decides whether it does.
   */
  reload(agree?: () => Promise<boolean>): Promise<Reload>
  /**
   * Lets traffic go elsewhere before `stop`: for `server.drainDelay` requests are still answered, while `/readyz` says 503 and every
   * answer closes its connection. May be called twice.
   */
  drain(): Promise<void>
  /** Stops accepting, answers what is in flight, stops the services. May be called twice. */
  stop(): Promise<void>
}

/** The built-in parts, each list in the order in which things happen. */
export const builtIns: Registry = { policies, targets, services: builtInServices }

/** What a mock can do without: nobody refers to its operations by name, and nobody's credentials are right or wrong. */
const toleratedByMocks: readonly DiagnosticCode[] = ['duplicate-operation-id', 'unknown-security-scheme']

/**
 * The whole boot without `listen`: documents → config → model → services → pipelines. It reads files and the environment,
 * starts nothing, and reports everything that it finds at once.
 */
export function planGateway(options: GatewayOptions = {}): Promise<Plan> {
  const run: Run = createRun((before) => planGeneration(options, run, before), options.cluster)
  return run.plan(undefined)
}

/** Plans beside the generation that serves, if there is one: what is the same in both goes on. */
async function planGeneration(options: GatewayOptions, run: Run, before: Plan | undefined): Promise<Plan> {
  const { file, env, environment = process.env, mock, role = 'all', port, clock = systemClock, cluster, overrides = {} } = options
  const directory = resolve(options.directory ?? '.')
  keepTickObjects()
  refreshModules()
  const diagnostics = new Diagnostics(mock === undefined ? [] : toleratedByMocks)
  const documents = openDocuments({ directory, diagnostics, known: before?.documents.all() })

  const configuration = await readConfiguration(
    { directory, file, env, environment, mock, overrides: overrides.config },
    builtIns,
    documents,
    diagnostics,
  )
  const { config, root, production, readable } = configuration
  const registry = { ...configuration.registry, services: overrideServices(configuration.registry.services, overrides.services) }
  const mocking = mock !== undefined
  const api = readApi(configuration, mocking, documents, diagnostics)

  const handlersDirectory = mocking ? undefined : resolve(dirname(root.document.file), config.handlers)
  const modules = await loadHandlers(handlersDirectory, child(root, 'handlers'), directory, diagnostics)
  const handlers = overrideHandlers(modules, overrides.handlers)
  // Without a configuration every operation would look undecided; what is wrong then is the configuration.
  const declared = readable ? api.declared : []
  if (api.complete) handlers.reportUnused(declared.map(({ id }) => id))
  const layers = { defaults: configuration.defaults, operations: configuration.operations, refused: configuration.refused }
  const model = { declared, complete: api.complete, config, ...layers, registry, mocking, documents, diagnostics }
  const operations = buildModel(model)
  handlers.reportShared(operations.filter(({ target }) => target === 'handler' || target === 'task'))
  if (readable) checkOverrides(overrides, operations, registry.services, diagnostics)

  const tracing = await openTracing()
  const logging = options.pretty && config.log.format === 'auto' ? { ...config.log, format: 'pretty' as const } : config.log
  const log = before?.log.renew(logging) ?? openLog(logging, directory, { write: overrides.log, worker: cluster?.worker })
  const common = { config, directory, log: log.log, meter: run.metrics.meter, tracing, clock, cluster, diagnostics }
  // Who asks for these is known where no operation could be read, too.
  const guarded = [config.ops, config.metrics].some((section) => section !== false && section.security !== undefined)
  const asked = guarded ? ['authenticator'] : []
  const used = [...usedServices(operations, registry, handlers), ...asked, ...Object.keys(overrides.services ?? {})]
  const services = createServices(
    selectServices(registry.services, used),
    { ...common, gatewayFile: root, securitySchemes: api.securitySchemes, role, production, mocking },
    before?.generation.services,
  )

  const schemas = createSchemaCompiler({ documents, diagnostics })
  const tools: CompileTools = {
    ...common,
    basePath: api.basePath,
    documents,
    schemas,
    services: services.services,
    handlers,
    health: createHealthChecks(services.byName),
    state: run.state,
  }
  const application = compileApplication({
    operations,
    system: systemOperation(root.document, model),
    openapi: api.openapi,
    basePath: api.basePath,
    registry,
    tools,
    gatewayFile: root,
    metrics: run.metrics,
    recent: run.recent,
    accessLog: log,
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
    hasErrors: diagnostics.hasErrors,
    review: () => (reviewed ??= reviewAll()),
    inputs: () => inputsOf({ directory, file, config, documents, handlers: handlersDirectory }),
    log,
    descriptions: application.descriptions,
    services: services.services,
    sourceOf: (name) => documents.all().find((document) => document.name === name)?.text,
    generation: { application, services, config },
    reading: { operations, registry, documents, handlerVersion: (id) => handlers.find(id)?.version },
    warm: schemas.warm,
    async start() {
      if (plan.hasErrors) throw new BootError(diagnostics.all)
      return serveGenerations({ first: plan, run, role, port, cluster })
    },
  }

  let reviewed: readonly Diagnostic[] | undefined
  function reviewAll(): readonly Diagnostic[] {
    review({ config, root, written: configuration.written, api, operations, registry, documents, schemas, diagnostics })
    return diagnostics.all
  }

  return plan
}

/** Plans and starts a gateway. Throws a `BootError` with all diagnostics when its documents have errors. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const plan = await planGateway(options)
  return plan.start()
}
