import Type, { type Static } from 'typebox'
import type { CompileTools } from '../compile/tools.ts'
import { Duration, parseDuration } from '../config/units.ts'
import type { RequestContext } from '../context.ts'
import { problem } from '../errors.ts'
import type { Operation } from '../model/operation.ts'
import type { Hits } from '../services/limiter.ts'
import { definePolicy, type Middleware, type Policy, type Step, type StepResult } from './policy.ts'
import { limitKey } from './rate-limit-key.ts'

const One = Type.Object(
  {
    limit: Type.Integer({
      title: 'Limit',
      description: 'How many requests a window admits.',
      minimum: 1,
      maximum: 1_000_000_000,
    }),
    window: { ...Duration, title: 'Window', description: 'How long a window lasts; one second or more.' },
    by: Type.String({
      title: 'By',
      description:
        'What is counted apart: ip, principal, apiKey, header:<name>, or global for all callers together. Callers without principal, key or header count by ip.',
      default: 'principal',
      pattern: "^(ip|principal|apiKey|global|header:[A-Za-z0-9!#$%&'*+.^_`|~-]+)$",
      examples: ['ip', 'principal', 'header:X-Tenant'],
    }),
    name: Type.Optional(
      Type.String({
        title: 'Name',
        description: 'Operations whose limits have one name share one count; without it each operation counts for itself.',
        pattern: '^[A-Za-z0-9_.-]{1,64}$',
      }),
    ),
  },
  { additionalProperties: false, title: 'Rate limit', description: 'So many requests per window.' },
)

const RateLimit = Type.Union(
  [One, Type.Array(One, { title: 'Rate limits', description: 'Several limits; all of them hold.', minItems: 1 })],
  {
    title: 'Rate limit',
    description:
      'How many requests are admitted; more get 429. In this process a fixed window opens with the first request; with redis.url windows slide and all processes share them.',
    examples: [{ limit: 100, window: '60s', by: 'principal' }],
  },
)

type One = Static<typeof One>

/** The limits that need no caller. They stand before authentication, so that guessing credentials is limited too. */
export const rateLimitBeforeAuthentication = rateLimit((by) => by === 'ip')

/** All other limits, once the caller is known. */
export const rateLimitAfterAuthentication = rateLimit((by) => by !== 'ip')

/** `rateLimit` is one setting and two policies, each with its part of the limits. */
function rateLimit(belongs: (by: string) => boolean): Policy<typeof RateLimit> {
  return definePolicy({
    name: 'rateLimit',
    schema: RateLimit,
    uses: ['limiter'],
    compile(config, operation, tools): Middleware | undefined {
      const all = Array.isArray(config) ? config : [config]
      const labels = labelled(all)
      const steps = all.flatMap((limit, index) =>
        belongs(limit.by) ? (compileLimit(limit, labels[index] as string, operation, tools) ?? []) : [],
      )
      const [only] = steps
      if (only === undefined) return undefined
      return { before: steps.length === 1 ? only : inOrder(steps) }
    },
  })
}

/** What each limit is called: its name, else what it counts by, numbered where two count alike. */
function labelled(limits: readonly One[]): string[] {
  const seen = new Map<string, number>()
  return limits.map(({ name, by }) => {
    const label = name ?? by.replace(':', '-')
    const times = (seen.get(label) ?? 0) + 1
    seen.set(label, times)
    return times === 1 ? label : `${label}-${times}`
  })
}

/**
 * One limit as one step. Its headers (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` and `RateLimit`) stand on whatever
 * the operation answers. What cannot be counted is not admitted: a limit that guards a login must not vanish with its store.
 */
function compileLimit(config: One, label: string, operation: Operation, tools: CompileTools): Step | undefined {
  const { limit, by, name } = config
  const window = parseDuration(config.window)
  const count = tools.services.limiter.counter({ name: name ?? `${operation.id}/${label}`, limit, window })
  if (window < 1000 || count === undefined) {
    reportLimit(config, operation, tools)
    return undefined
  }
  const keyOf = limitKey(by, tools.config.server.trustProxy)
  const { now } = tools.clock
  const policy = `"${label}";q=${limit};w=${Math.ceil(window / 1000)}`
  const away = problem('unavailable', { detail: 'Requests cannot be counted at the moment.', headers: { 'retry-after': '1' } })

  function settle(context: RequestContext, hits: Hits | undefined): StepResult {
    if (hits === undefined) return away
    const wait = Math.max(1, Math.ceil((hits.resetAt - now()) / 1000))
    const remaining = Math.max(0, limit - hits.count)
    context.responseHeaders.push('ratelimit-policy', policy, 'ratelimit', `"${label}";r=${remaining};t=${wait}`)
    return hits.count > limit ? tooMany(wait) : undefined
  }

  return function countRequest(context) {
    const hits = count(keyOf(context))
    return hits instanceof Promise ? hits.then((counted) => settle(context, counted)) : settle(context, hits)
  }
}

function tooMany(wait: number): StepResult {
  return problem('rate_limited', { detail: `Try again in ${wait} s.`, headers: { 'retry-after': String(wait) } })
}

function reportLimit({ name, window }: One, operation: Operation, { diagnostics }: CompileTools): void {
  const at = operation.settings.get('rateLimit')?.node ?? operation.node
  if (parseDuration(window) < 1000) {
    diagnostics.error('short-window', at, `the window '${window}' of a rate limit is shorter than a second`, 'use 1s or more')
  } else {
    diagnostics.error(
      'conflicting-limits',
      at,
      `another rate limit of the name '${name}' has another limit or window`,
      'give it a name of its own',
    )
  }
}

/** Steps one after the other, up to the first refusal; a promise is made only where a step needs one. */
function inOrder(steps: readonly Step[]): Step {
  return function countAll(context) {
    for (let i = 0; i < steps.length; i++) {
      const result = (steps[i] as Step)(context)
      if (result instanceof Promise) return result.then((refusal) => refusal ?? inOrder(steps.slice(i + 1))(context))
      if (result !== undefined) return result
    }
    return undefined
  }
}
