import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Handler } from '../context.ts'
import { isObject } from '../documents/document.ts'
import { formatDiagnostics } from '../documents/format.ts'
import { type Gateway, type Plan, planGateway } from '../gateway.ts'
import type { ConfigOverlay } from '../overrides.ts'
import type { Services } from '../services/service.ts'
import type { Answer } from './answer.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { type Caller, type Credentials, createCredentials } from './credentials.ts'
import { createServerDatabase, seedDatabase } from './database.ts'
import { captureLog, type LogRecord } from './logs.ts'
import { createClient, type RequestOptions } from './request.ts'
import { openSocket, type TestSocket } from './socket.ts'
import { passTaskTime } from './task-times.ts'
import { createTestTasks, type TestTasks } from './tasks.ts'
import { createTestKeys, type TestPrincipal } from './test-keys.ts'

export type { Answer, SentProblem } from './answer.ts'
export type { TestClock } from './clock.ts'
export type { Caller, Credentials } from './credentials.ts'
export type { LogRecord } from './logs.ts'
export type { QueryValue, RequestOptions } from './request.ts'
export type { TestSocket } from './socket.ts'
export type { TestTask, TestTasks } from './tasks.ts'
export type { TestPrincipal } from './test-keys.ts'

export interface TestGatewayOptions {
  /** The project's directory; the working directory when absent. */
  readonly directory?: string
  /** The configuration file, relative to the directory; `gateway.yaml` when absent. */
  readonly file?: string
  /** Lays `gateway.<env>.yaml` over the configuration. */
  readonly env?: string
  /** Where `${NAME}` is looked up; the process's own environment when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Laid over gateway.yaml for this test, and checked by the same schema: `{ operations: { greet: { rateLimit: false } } }`. */
  readonly config?: ConfigOverlay
  /** Handlers in place of the project's own, by operationId. */
  readonly handlers?: Readonly<Record<string, Handler>>
  /** Services in place of the real ones, by name: `{ database: fake }`. */
  readonly services?: Partial<Services>
  /** Callers for schemes of API keys and user names, beside those that gateway.yaml names. */
  readonly principals?: readonly TestPrincipal[]
  /** A PostgreSQL server, on which a database is made for this gateway and dropped when it stops. Absent: an embedded one. */
  readonly databaseUrl?: string
  /** Keeps errors from standard error, for tests that cause some. */
  readonly silent?: boolean
}

/** Options of a request with who makes it; several callers, each by a scheme of its own, where an operation asks for several. */
export type TestRequest = RequestOptions & { readonly as?: Caller | readonly Caller[] }

/** A gateway that listens on a free port of this machine, with data of its own. */
export interface TestGateway extends AsyncDisposable {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string
  /** What the documents say: `config`, `operations`, `basePath`, `diagnostics`. */
  readonly plan: Plan
  readonly services: Services
  readonly clock: TestClock
  readonly tasks: TestTasks
  /** The log so far, from level debug on, oldest first. */
  readonly logs: readonly LogRecord[]
  /** Sends a request to a path below the base path (or to a path with it, or to a whole URL of this gateway) and reads the answer. */
  request<Body = any>(method: string, path: string | URL, options?: TestRequest): Promise<Answer<Body>>
  /** What a caller has to send, for clients of other kinds. */
  credentials(caller: Caller | readonly Caller[]): Promise<Credentials>
  /** A connected Socket.IO client, which is disconnected when the gateway stops; needs `socket.io-client`. */
  socket(options?: { readonly as?: Caller | readonly Caller[]; readonly [option: string]: unknown }): Promise<TestSocket>
  /** Stops the gateway and removes its data. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a project's gateway for tests, by the same code that serves it elsewhere: nothing is left out of its pipelines. Only what
 * is outside is replaced: keys (so that a test can sign in as anybody), database, Redis, log and clock.
 * Throws an Error that shows all diagnostics when the documents have errors.
 */
export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const cleanups: (() => unknown)[] = []
  const cleanUp = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  }
  try {
    return await start(options, cleanups, cleanUp)
  } catch (error) {
    await cleanUp()
    throw error
  }
}

async function start(
  options: TestGatewayOptions,
  cleanups: (() => unknown)[],
  cleanUp: () => Promise<void>,
): Promise<TestGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatefold-test-'))
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }))
  const { config = {}, handlers, services, directory, file, env, environment } = options
  const keys = createTestKeys(dataDir, options.principals ?? [], config)
  const log = captureLog(options.silent === true)
  const clock = createTestClock(async (passed) => {
    if (gateway !== undefined && plan.services.tasks !== undefined) await passTaskTime(plan.services.tasks, passed)
  })
  const place = {
    server: { host: '127.0.0.1' },
    database: { url: await databaseUrl(options.databaseUrl, cleanups), dataDir },
    redis: { url: '' },
    log: { level: 'debug' },
  }
  const overrides = { config: [place, freePort, config, keys.overlay], handlers, services, log: log.write }
  const plan = await planGateway({ directory, file, env, environment, port: 0, clock, overrides })
  if (plan.diagnostics.some(({ severity }) => severity === 'error'))
    throw new Error(`the gateway cannot start:\n\n${shown(plan)}`)
  let gateway: Gateway | undefined
  if (plan.services.database?.kind === 'embedded' && plan.config.database.dataDir === dataDir)
    await seedDatabase(dataDir, plan.directory, plan.config.database.schema)
  gateway = await plan.start()
  cleanups.push(gateway.stop)
  return connect(gateway, { clock, logs: log.records, credentials: createCredentials(plan, keys, clock), cleanups, cleanUp })
}

/** Gateways of several tests must not want the same port for their metrics. */
function freePort({ metrics }: ConfigOverlay): ConfigOverlay {
  return isObject(metrics) && metrics.port !== undefined ? { metrics: { port: 0 } } : {}
}

async function databaseUrl(server: string | undefined, cleanups: (() => unknown)[]): Promise<string> {
  if (server === undefined || server === '') return ''
  const { url, drop } = await createServerDatabase(server)
  cleanups.push(drop)
  return url
}

function shown({ diagnostics, sourceOf }: Plan): string {
  return formatDiagnostics(diagnostics, 'pretty', { sourceOf })
}

interface Parts {
  readonly clock: TestClock
  readonly logs: readonly LogRecord[]
  readonly credentials: ReturnType<typeof createCredentials>
  readonly cleanups: (() => unknown)[]
  readonly cleanUp: () => Promise<void>
}

function connect({ url: served, plan, services }: Gateway, { clock, logs, credentials, cleanups, cleanUp }: Parts): TestGateway {
  const { port } = new URL(served)
  const url = `http://127.0.0.1:${port}`
  const client = createClient(Number(port))
  cleanups.push(client.close)
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= cleanUp())

  return {
    url,
    plan,
    services,
    clock,
    logs,
    tasks: createTestTasks(plan.services.tasks),
    credentials,
    async request(method, path, { as, ...options } = {}) {
      return client.send(method, target(path, plan.basePath, port), options, await credentials(as))
    },
    async socket({ as, ...options } = {}) {
      const socket = await openSocket(plan.directory, url, plan.config.realtime.path, await credentials(as), options)
      cleanups.push(() => socket.disconnect())
      return socket
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** What a request's first line names: the path below the base path, unless it is there already. */
function target(path: string | URL, basePath: string, port: string): string {
  const text = String(path)
  if (/^https?:/i.test(text)) {
    const { host, pathname, search } = new URL(text)
    if (!host.endsWith(`:${port}`)) throw new Error(`request: ${text} is not served by this gateway`)
    return pathname + search
  }
  if (!text.startsWith('/')) throw new Error(`request: a path begins with '/'; this one is '${text}'`)
  const below = text === basePath || ['/', '?'].some((mark) => text.startsWith(basePath + mark))
  return basePath !== '' && below ? text : basePath + text
}
