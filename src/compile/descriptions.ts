import type { GatewayConfig } from '../config/schema.ts'
import type { Document } from '../documents/document.ts'
import { isObject } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { Operation } from '../model/operation.ts'
import { asyncApiDocument } from '../realtime/asyncapi.ts'
import { type ServedDocument, servedDocument } from '../serve/served-document.ts'
import type { CompiledTasks } from '../tasks/compile.ts'
import type { Registry } from './registry.ts'

/** What is served besides the operations: the descriptions of the whole. Made when first asked for. */
export interface Descriptions {
  /** The OpenAPI document: all files in one, with what the gateway adds. */
  openapi(): Record<string, unknown>
  /** The AsyncAPI document of live events; undefined when no operation is a task. */
  asyncapi(): Record<string, unknown> | undefined
}

export interface DescriptionsInput {
  readonly openapi: readonly { document: Document; prefix: string }[]
  readonly basePath: string
  readonly documents: Documents
  readonly operations: readonly Operation[]
  readonly registry: Registry
  readonly config: GatewayConfig
  readonly tasks: CompiledTasks | undefined
  /** The port that is served, once one is; it may be another than `server.port`. */
  readonly port: () => number | undefined
  /** Whether live clients can only use WebSocket. */
  readonly webSocketOnly: boolean
}

export function createDescriptions(input: DescriptionsInput): Descriptions {
  const { operations, config, tasks } = input
  const fragments = tasks === undefined ? [] : [tasks.fragment]
  let served: ServedDocument | undefined
  let live: Record<string, unknown> | undefined

  function serve(): ServedDocument {
    served ??= servedDocument({ ...input, fragments })
    return served
  }

  return {
    openapi: () => serve().document,
    asyncapi() {
      if (tasks === undefined) return undefined
      const { document, described } = serve()
      const results = operations
        .filter(({ target }) => target === 'task')
        .map(({ id }) => [id, resultOf(described.get(id))] as const)
      live ??= asyncApiDocument({
        openapi: document,
        results: new Map(results),
        security: tasks.security,
        path: config.realtime.path,
        host: hostOf(input.openapi[0]?.document) ?? `localhost:${input.port() ?? config.server.port}`,
        tasksPath: tasks.path,
        webSocketOnly: input.webSocketOnly,
      })
      return live
    },
  }
}

/** The schema of an operation's result: its 200 response as JSON. */
function resultOf(operation: Record<string, unknown> | undefined): unknown {
  let found: unknown = operation?.responses
  for (const key of ['200', 'content', 'application/json', 'schema']) found = isObject(found) ? found[key] : undefined
  return found
}

/** The host of the document's first server, where it names one. */
function hostOf(document: Document | undefined): string | undefined {
  const servers = isObject(document?.value) ? document.value.servers : undefined
  const first: unknown = Array.isArray(servers) ? servers[0] : undefined
  const url = isObject(first) ? String(first.url) : ''
  return URL.canParse(url) && new URL(url).host !== '' && !url.includes('{') ? new URL(url).host : undefined
}
