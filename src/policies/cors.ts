import Type, { type Static } from 'typebox'
import type { CompileTools } from '../compile/tools.ts'
import { Duration } from '../config/units.ts'
import type { Operation } from '../model/operation.ts'
import { matchOrigins, originFault } from './cors-origins.ts'
import { definePolicy, type Step } from './policy.ts'

const token = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"

const Cors = Type.Object(
  {
    origins: Type.Array(Type.String({ minLength: 1 }), {
      title: 'Origins',
      description:
        "Origins whose pages may read answers: exact, with one wildcard label (https://*.example.com), or '*' for all.",
      examples: [['https://app.example.com']],
      uniqueItems: true,
    }),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Z]+$' }), {
        title: 'Methods',
        description: 'Methods that pages may use; all methods of the path when absent.',
        examples: [['GET', 'POST']],
        uniqueItems: true,
      }),
    ),
    headers: Type.Optional(
      Type.Array(Type.String({ pattern: token }), {
        title: 'Headers',
        description: 'Request headers that pages may send; whatever they ask for when absent.',
        examples: [['Authorization', 'Content-Type']],
        uniqueItems: true,
      }),
    ),
    exposedHeaders: Type.Array(Type.String({ pattern: token }), {
      title: 'Exposed headers',
      description: 'Response headers that pages may read.',
      default: ['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
      uniqueItems: true,
    }),
    credentials: Type.Boolean({
      title: 'Credentials',
      description: "Whether pages may send cookies and the like; not together with '*'.",
      default: false,
    }),
    maxAge: {
      ...Duration,
      title: 'Max age',
      description: 'How long browsers may remember what a preflight answered.',
      default: '10m',
    },
  },
  {
    additionalProperties: false,
    title: 'CORS',
    description: 'Which other sites may call the operation from a browser (Fetch standard, section 3.3).',
    examples: [{ origins: ['http://localhost:3000'], credentials: true }],
  },
)

export type CorsConfig = Static<typeof Cors>

/**
 * CORS headers on every answer to a page that may read it, refusals too. What depends on the origin says so by `Vary`, with or
 * without an `Origin` in the request, or a cache would give one site's answer to another.
 */
export const cors = definePolicy({
  name: 'cors',
  schema: Cors,
  compile(config, operation, tools) {
    if (reportOrigins(config, operation, tools)) return undefined
    return { before: config.origins.includes('*') ? allowAll(config) : allowListed(config) }
  },
})

function allowAll({ exposedHeaders }: CorsConfig): Step {
  const headers = ['access-control-allow-origin', '*', ...exposed(exposedHeaders)]
  return function allowEveryOrigin(context) {
    context.responseHeaders.push(...headers)
    return undefined
  }
}

function allowListed(config: CorsConfig): Step {
  const isAllowed = matchOrigins(config.origins)
  const fixed = [...(config.credentials ? ['access-control-allow-credentials', 'true'] : []), ...exposed(config.exposedHeaders)]
  return function allowListedOrigins(context) {
    const { responseHeaders } = context
    responseHeaders.push('vary', 'Origin')
    const { origin } = context.req.headers
    if (origin !== undefined && isAllowed(origin)) responseHeaders.push('access-control-allow-origin', origin, ...fixed)
    return undefined
  }
}

function exposed(names: readonly string[]): string[] {
  return names.length === 0 ? [] : ['access-control-expose-headers', names.join(', ')]
}

/** True, and reported, when the origins cannot be used. */
function reportOrigins({ origins, credentials }: CorsConfig, operation: Operation, { diagnostics }: CompileTools): boolean {
  const at = operation.settings.get('cors')?.node ?? operation.node
  const faults = origins.flatMap((origin) => {
    const fault = originFault(origin)
    return fault === undefined ? [] : [[origin, fault] as const]
  })
  for (const [origin, fault] of faults) diagnostics.error('wrong-origin', at, `cors: '${origin}' is no origin`, fault)
  const everybody = credentials && origins.includes('*')
  if (everybody) {
    const hint = 'list the origins that may send credentials, or set credentials: false'
    diagnostics.error(
      'wildcard-with-credentials',
      at,
      "cors: origins: ['*'] and credentials: true would let every site act as the user",
      hint,
    )
  }
  return everybody || faults.length > 0
}
