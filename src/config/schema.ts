import Type from 'typebox'
import { Authentication } from './authentication.ts'
import { Metrics, Ops } from './own-routes.ts'
import { Database, Docs, HealthSection, Log, Realtime, Redis, Server, Tasks } from './sections.ts'

const OpenApiFile = Type.Object(
  {
    file: Type.String({ title: 'File', description: 'The OpenAPI document.', examples: ['./openapi.yaml'], minLength: 1 }),
    prefix: Type.String({
      title: 'Prefix',
      description: "Stands before the document's own base path.",
      default: '',
      pattern: '^(/[^\\s?#/]+)*$',
      examples: ['/v2'],
    }),
  },
  { additionalProperties: false, title: 'OpenAPI document', description: 'One document and the path that it is served below.' },
)

/**
 * Everything in gateway.yaml except `defaults` and `operations`, whose schema is assembled from the registry
 * (`assembleConfigSchema`). A key with a default may be left out; after loading it is there.
 */
export const GatewayConfig = Type.Object(
  {
    openapi: Type.Union(
      [
        Type.String({ title: 'OpenAPI document', description: 'Its file.', minLength: 1 }),
        Type.Array(OpenApiFile, { title: 'OpenAPI documents', description: 'Several documents, served as one.', minItems: 1 }),
      ],
      {
        title: 'OpenAPI',
        description: 'The OpenAPI document that is served, or a list of them.',
        default: './openapi.yaml',
      },
    ),
    handlers: Type.String({
      title: 'Handlers',
      description: "The directory of the operations' own code.",
      default: './handlers',
      minLength: 1,
    }),
    extensions: Type.Array(Type.String({ minLength: 1 }), {
      title: 'Extensions',
      description: 'Modules that export policies or targets.',
      default: [],
      uniqueItems: true,
      examples: [['./extensions/tenant.ts']],
    }),
    server: Server,
    database: Database,
    redis: Redis,
    log: Log,
    docs: Docs,
    health: HealthSection,
    metrics: Metrics,
    ops: Ops,
    tasks: Tasks,
    realtime: Realtime,
    authentication: Authentication,
  },
  { additionalProperties: false, title: 'gateway.yaml', description: 'How an API is guarded and run by Gatefold.' },
)

/** gateway.yaml as the gateway uses it: checked and defaulted, without the layers `defaults` and `operations`. */
export type GatewayConfig = Type.Static<typeof GatewayConfig>

/** One OpenAPI document that is served, and the path prefix before its own base path (`''` without one). */
export interface OpenApiEntry {
  file: string
  prefix: string
}

/** The documents that `openapi` names, in one shape. */
export function openApiEntries(openapi: GatewayConfig['openapi']): OpenApiEntry[] {
  return typeof openapi === 'string' ? [{ file: openapi, prefix: '' }] : openapi
}
