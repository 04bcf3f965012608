import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Logger } from 'pino'
import type { Admit } from '../compile/admit.ts'
import { child, type Located } from '../documents/document.ts'
import { problem } from '../errors.ts'
import type { GatewayState } from '../generations.ts'
import { describeOrigin, type ExplainedPart, explainOperation } from '../model/explanation.ts'
import type { Operation } from '../model/operation.ts'
import { redact } from '../serve/redact.ts'
import { revalidate, type StaticContent, sendContent, staticContent } from '../serve/static-content.ts'
import type { Mount } from '../serve/system-routes.ts'
import type { HealthChecks } from '../services/health.ts'
import type { TaskSystem } from '../tasks/system.ts'
import { answer, guardedBy } from './answers.ts'
import { type OpsAssetName, opsAssetNames, readOpsAsset } from './assets.ts'
import type { Observation } from './observation.ts'
import { payloadRedactor } from './payload.ts'
import { describeState } from './state.ts'
import { mountTasks } from './tasks.ts'

export interface OpsOptions {
  readonly path: string
  readonly admit: Admit
  readonly operations: readonly Operation[]
  /** Policies and targets, in the order in which requests meet them. */
  readonly parts: readonly ExplainedPart[]
  readonly observation: Observation
  /** Which worker of a primary this process is; undefined when there is no primary. */
  readonly worker: number | undefined
  /** Undefined when no operation is a task. */
  readonly tasks: TaskSystem | undefined
  readonly state: GatewayState
  readonly health: HealthChecks
  readonly log: Logger
  /** `log.redact` of gateway.yaml. */
  readonly redact: readonly string[]
}

/**
 * The operator page at `path`, its files, and below `path`/api what it shows, for those who are admitted. The page itself says nothing: it
 * is the same everywhere, and asks for credentials.
 */
export function opsRoutes(options: OpsOptions): Mount {
  const { path, operations, observation, worker, tasks, state, health, log } = options
  const guarded = guardedBy(options.admit)
  const api = `${path}/api`

  return (router) => {
    mountPage(router, path)
    router.get(
      `${api}/state`,
      guarded(async (ctx, operator) => {
        answer(ctx, {
          ...(await describeState(state, health, worker)),
          operator: operator?.subject ?? null,
          tasks: tasks !== undefined,
        })
      }),
    )
    router.get(
      `${api}/traffic`,
      guarded(async (ctx) => answer(ctx, await observation.traffic())),
    )
    router.get(
      `${api}/requests`,
      guarded(async (ctx) => {
        const after = Number(new URLSearchParams(ctx.querystring).get('after')) || 0
        answer(ctx, { requests: await observation.requests(after) })
      }),
    )
    router.get(
      `${api}/operations`,
      guarded((ctx) => answer(ctx, { operations: operations.map((operation) => summarise(operation, options.parts)) })),
    )
    router.get(
      `${api}/operations/:id`,
      guarded((ctx) => explain(ctx, options)),
    )
    if (tasks === undefined) return
    mountTasks(router, { path: `${api}/tasks`, tasks, redactPayload: payloadRedactor(options.redact), guarded, log })
  }
}

function summarise(operation: Operation, parts: readonly ExplainedPart[]): Record<string, unknown> {
  const { id, method, path, target } = operation
  const { access, settings, at } = explainOperation(operation, parts)
  return { id, method, path, target, access, at: place(at), policies: settings.map(({ name }) => name) }
}

/** The chain of an operation. Values are redacted by their names: an extension may have a setting that is a secret. */
function explain(ctx: Context, { operations, parts }: OpsOptions): void {
  const { id } = (ctx as Context & { params: Record<string, string> }).params
  const operation = operations.find((candidate) => candidate.id === id)
  if (operation === undefined) throw problem('not_found', { detail: 'there is no such operation' })
  const { settings, off } = explainOperation(operation, parts)
  const order = parts.map(({ name }) => name)
  const declared = settings.map(({ name, values }) => ({
    name,
    values: values.map(({ name, value, origin }) => ({
      name,
      value: Object.values(redact({ [name]: value }) as object)[0],
      origin: describeOrigin(origin),
    })),
  }))
  answer(ctx, {
    ...summarise(operation, parts),
    settings: [...declared, ...authentication(operation)].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
    off: off.map(({ name, origin }) => ({ name, origin: describeOrigin(origin) })),
  })
}

/** What finds out who calls is no setting of gateway.yaml: OpenAPI's `security` decides it. */
function authentication({ access, node, document }: Operation) {
  if (access.kind === 'public') return []
  const value = access.alternatives.map((schemes) => Object.fromEntries(schemes.map(({ scheme, scopes }) => [scheme, scopes])))
  const security = child(node, 'security')
  const at = document.locate(security?.pointer ?? '/security')
  return [{ name: 'authenticate', values: [{ name: 'security', value, origin: `OpenAPI, ${place(at)}` }] }]
}

function place({ file, line, column }: ReturnType<Located['document']['locate']>): string {
  return `${file}:${line}:${column}`
}

/** Everything that the page runs and shows comes from this server; nothing of it stands in the markup. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
}

function mountPage(router: Router, path: string): void {
  const opened = new Map<OpsAssetName, Promise<StaticContent>>()

  function open(name: OpsAssetName): Promise<StaticContent> {
    const known = opened.get(name)
    if (known !== undefined) return known
    const type = types[name.slice(name.lastIndexOf('.') + 1)] as string
    const content = readOpsAsset(name).then((bytes) => staticContent(type, filled(name, bytes, path)))
    opened.set(name, content)
    return content
  }

  router.get(path, async (ctx) => {
    ctx.set('content-security-policy', contentSecurityPolicy)
    ctx.set('referrer-policy', 'no-referrer')
    await sendContent(ctx as never, await open('page.html'), revalidate)
  })
  router.get(`${path}/assets/:file`, async (ctx) => {
    const name = opsAssetNames.find((candidate) => candidate === ctx.params.file && candidate !== 'page.html')
    if (name !== undefined) await sendContent(ctx as never, await open(name), revalidate)
  })
}

/** The page has to name its files by whole paths: relative ones would depend on a slash at the end of its own. */
function filled(name: OpsAssetName, bytes: Buffer, path: string): Buffer {
  return name === 'page.html' ? Buffer.from(bytes.toString('utf8').replaceAll('{{path}}', path)) : bytes
}
