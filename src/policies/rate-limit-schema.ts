import Type, { type Static } from 'typebox'
import { Duration } from '../config/units.ts'

/** The largest limit that may slide: what is remembered takes about 120 bytes of Redis for each request, for each key. */
export const mostSliding = 1000

const One = Type.Object(
  {
    limit: Type.Integer({
      title: 'Limit',
      description: 'How many requests a window admits.',
      examples: [100],
      minimum: 1,
      maximum: 1_000_000_000,
    }),
    window: { ...Duration, title: 'Window', description: 'How long a window lasts; one second or more.', examples: ['60s'] },
    by: Type.String({
      title: 'By',
      description:
        'What is counted apart: ip, principal, apiKey, header:<name>, or global for all callers together. Callers without principal, key or header count by ip.',
      default: 'principal',
      pattern: "^(ip|principal|apiKey|global|header:[A-Za-z0-9!#$%&'*+.^_`|~-]+)$",
      examples: ['ip', 'principal', 'apiKey', 'header:X-Tenant', 'global'],
    }),
    name: Type.Optional(
      Type.String({
        title: 'Name',
        description: 'Operations whose limits have one name share one count; without it each operation counts for itself.',
        examples: ['login'],
        pattern: '^[A-Za-z0-9_.-]{1,64}$',
      }),
    ),
    sliding: Type.Boolean({
      title: 'Sliding',
      description: `Never more than the limit in any stretch of the window's length, for limits up to ${mostSliding}: every request is remembered. Else windows follow one another, and around the end of one a caller can have two limits' worth.`,
      default: false,
    }),
    onFailure: Type.Optional(
      Type.Enum(['open', 'closed'], {
        title: 'On failure',
        description: 'What happens while Redis is away, for this limit; absent: what redis.onFailure says.',
        examples: ['closed'],
      }),
    ),
  },
  {
    additionalProperties: false,
    title: 'Rate limit',
    description: 'How many requests are admitted in each window; more get 429.',
  },
)

export const RateLimit = Type.Union(
  [One, Type.Array(One, { title: 'Rate limits', description: 'Several limits; all of them hold.', minItems: 1 })],
  {
    title: 'Rate limit',
    description:
      'How many requests are admitted; more get 429. A window opens with the first request. With redis.url all processes share the counts.',
    examples: [{ limit: 100, window: '60s', by: 'principal' }],
  },
)

export type OneLimit = Static<typeof One>
