import Type, { type Static } from 'typebox'
import { Duration, Size } from '../config/units.ts'

const duration = (title: string, description: string, preset: string) => ({ ...Duration, title, description, default: preset })

const Breaker = Type.Object(
  {
    failures: Type.Integer({
      title: 'Failures',
      description: 'After how many failed calls in a row none is made any more; 5xx answers are failures too.',
      minimum: 1,
      maximum: 1000,
      default: 5,
    }),
    cooldown: duration('Cooldown', 'How long none is made; then one call tries whether the upstream is back.', '10s'),
  },
  {
    title: 'Circuit breaker',
    description: 'Spares an upstream that is down, and its callers the wait.',
    additionalProperties: false,
  },
)

const Forward = Type.Object(
  {
    headers: Type.Array(
      Type.String({
        title: 'Header',
        description: 'A header field that is otherwise withheld.',
        pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        examples: ['authorization'],
      }),
      {
        title: 'Headers',
        description:
          "Fields of the caller that reach the upstream although they are withheld otherwise: authorization, cookie, API keys of the document's security schemes, method overrides.",
        default: [],
        examples: [['authorization']],
      },
    ),
    query: Type.Enum(['declared', 'all'], {
      title: 'Query',
      description: 'Which query parameters reach the upstream: those that the operation declares, or all but API keys.',
      default: 'declared',
    }),
  },
  {
    title: 'Forwarded',
    description: "What of the caller's request reaches the upstream.",
    additionalProperties: false,
    default: {},
  },
)

/** `upstream: { … }` of one operation. */
export const UpstreamSettings = Type.Object(
  {
    url: Type.String({
      title: 'URL',
      description: 'Where requests go: an http(s) origin, with a path that is put before that of each request.',
      minLength: 1,
      examples: ['https://weather.example/v2'],
    }),
    path: Type.Optional(
      Type.String({
        title: 'Path',
        description:
          "The path below the URL, with variables of the operation's own path; absent: the operation's path below the API's base path.",
        pattern: '^/[^\\s?#]*$',
        examples: ['/forecast/{city}'],
      }),
    ),
    timeout: duration(
      'Timeout',
      'How long each attempt may take until its answer begins, and how long the answer may pause then.',
      '10s',
    ),
    retries: Type.Integer({
      title: 'Retries',
      description:
        'How often a failed call is made again (no connection, no answer in time, 502, 503, 504), where that does no harm: GET, HEAD, OPTIONS, PUT, DELETE; POST and PATCH with an Idempotency-Key that the operation declares.',
      minimum: 0,
      maximum: 10,
      default: 0,
    }),
    backoff: duration('Backoff', 'The wait before the first retry; it doubles with each, and is scattered at random.', '100ms'),
    breaker: Type.Optional(
      Type.Union([Breaker, Type.Literal(false, { title: 'Off', description: 'Calls are always made.' })], {
        title: 'Circuit breaker',
        description: 'Answers 503 at once while the upstream keeps failing; off when absent.',
        examples: [{ failures: 5, cooldown: '10s' }],
      }),
    ),
    connections: Type.Integer({
      title: 'Connections',
      description: 'The most connections to the origin; operations with the same origin and number share them.',
      minimum: 1,
      maximum: 10_000,
      default: 100,
    }),
    headers: Type.Record(
      Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }),
      Type.String({
        title: 'Header',
        description: 'The value of the field.',
        writeOnly: true,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of gateway.yaml
        examples: ['${WEATHER_KEY}'],
      }),
      {
        title: 'Headers',
        description:
          'Fields that each request gets, in place of those of the caller: the credentials of the gateway, for example.',
        default: {},
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of gateway.yaml
        examples: [{ 'X-Api-Key': '${WEATHER_KEY}' }],
      },
    ),
    forward: Forward,
    maxResponse: Type.Optional({
      ...Size,
      title: 'Largest response',
      description:
        'Larger answers are refused with 502. Absent: of any size, but JSON is checked against the document up to 1mb only.',
      examples: ['10mb'],
    }),
    maxRequest: Type.Optional({
      ...Size,
      title: 'Largest streamed request',
      description: 'The largest body that is passed on as it comes (validate: false); server.bodyLimit when absent.',
      examples: ['100mb'],
    }),
  },
  {
    title: 'Upstream',
    description: 'The operation is answered by another server, to which admitted requests are passed on.',
    additionalProperties: false,
    examples: [{ url: 'https://weather.example', timeout: '2s', retries: 2 }],
  },
)
export type UpstreamSettings = Static<typeof UpstreamSettings>
