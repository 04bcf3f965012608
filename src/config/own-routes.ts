import Type, { type TProperties } from 'typebox'

const path = (description: string, preset: string) =>
  Type.String({ title: 'Path', description, default: preset, pattern: '^/[^\\s?#]*$', examples: [preset] })

const off = Type.Literal(false, { title: 'Off', description: 'Not served.' })

const Scopes = Type.Array(Type.String({ minLength: 1 }), {
  title: 'Scopes',
  description: 'Scopes that the credentials must have; none: [].',
  examples: [[], ['metrics:read']],
})

/** Who may use a route that is the gateway's own and not for everybody. */
const callers = {
  security: Type.Optional(
    Type.Array(
      Type.Record(Type.String(), Scopes, {
        title: 'Requirement',
        description: 'Names of security schemes with their scopes; all of them must be satisfied.',
        minProperties: 1,
      }),
      {
        title: 'Security',
        description: "Whose credentials are accepted, as OpenAPI's 'security' says it: one of these requirements must be met.",
        minItems: 1,
        examples: [[{ bearerAuth: [] }]],
      },
    ),
  ),
  roles: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      title: 'Roles',
      description: 'Callers must have at least one of these; others get 403.',
      minItems: 1,
      uniqueItems: true,
      examples: [['admin']],
    }),
  ),
}

/** A section that has to be declared: without it, nothing is served. */
function declared<Properties extends TProperties>(properties: Properties, options: { title: string; description: string }) {
  return Type.Union([Type.Object(properties, { additionalProperties: false, ...options }), off], { ...options, default: false })
}

export const Metrics = declared(
  {
    path: path('Where Prometheus scrapes, at the root.', '/metrics'),
    port: Type.Optional(
      Type.Integer({
        title: 'Port',
        description: "A port of its own, so that metrics are not on the API's; 0 takes a free one.",
        minimum: 0,
        maximum: 65535,
        examples: [9464],
      }),
    ),
    host: Type.String({
      title: 'Host',
      description: 'The address of the port of its own; 0.0.0.0 lets other machines scrape.',
      default: '127.0.0.1',
      minLength: 1,
    }),
    access: Type.Optional(
      Type.Literal('public', { title: 'Access', description: 'public: whoever reaches the API may read the metrics.' }),
    ),
    ...callers,
  },
  {
    title: 'Metrics',
    description:
      "Prometheus metrics: on a port of their own, or on the API's with an access decision (security, or access: public).",
  },
)

export const Ops = declared(
  { path: path('Where the page is served, at the root.', '/ops'), ...callers },
  {
    title: 'Operator page',
    description:
      'A page for operators: traffic, last requests, tasks with their payloads, the generation that serves. It needs an access decision (security, roles).',
  },
)

/** The security schemes that the gateway's own routes ask for. */
export function schemesOfOwnRoutes(sections: readonly (Type.Static<typeof Metrics> | Type.Static<typeof Ops>)[]): string[] {
  return sections.flatMap((section) => (section === false ? [] : (section.security ?? []).flatMap(Object.keys)))
}
