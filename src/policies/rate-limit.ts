import type { CompileTools } from '../compile/tools.ts'
import { parseDuration } from '../config/units.ts'
import type { RequestContext } from '../context.ts'
import type { DiagnosticCode } from '../documents/diagnostic-codes.ts'
import { problem } from '../errors.ts'
import type { Operation } from '../model/operation.ts'
import type { Counter, Hits, JointCounter, Limit } from '../services/limiter.ts'
import { definePolicy, type Middleware, type Policy, type Step, type StepResult } from './policy.ts'
import { limitKey } from './rate-limit-key.ts'
import { mostSliding, type OneLimit, RateLimit } from './rate-limit-schema.ts'

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
    refuses: (_config, _operation, { redis }) => (redis.url === '' ? ['rate_limited'] : ['rate_limited', 'unavailable']),
    compile(config, operation, tools): Middleware | undefined {
      const all = Array.isArray(config) ? config : [config]
      const labels = labelled(all)
      const limits = all.flatMap((limit, index) =>
        belongs(limit.by) ? (compileLimit(limit, labels[index] as string, operation, tools) ?? []) : [],
      )
      const [only] = limits
      if (only === undefined) return undefined
      return { before: limits.length === 1 ? countOne(only) : countSeveral(limits, tools) }
    },
  })
}

/** What each limit is called: its name, else what it counts by, numbered where two count alike. */
function labelled(limits: readonly OneLimit[]): string[] {
  const seen = new Map<string, number>()
  return limits.map(({ name, by }) => {
    const label = name ?? by.replace(':', '-')
    const times = (seen.get(label) ?? 0) + 1
    seen.set(label, times)
    return times === 1 ? label : `${label}-${times}`
  })
}

/** One limit of one operation, ready to count. */
interface CompiledLimit {
  readonly limit: Limit
  readonly count: Counter
  readonly keyOf: (context: RequestContext) => string
  /** What follows from a count. */
  settle(context: RequestContext, hits: Hits | undefined): StepResult
}

/**
 * Its headers (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` and `RateLimit`) stand on whatever the request ends with.
 * A count that the store cannot give is no count: the limit refuses, or lets pass, as it was declared.
 */
function compileLimit(config: OneLimit, label: string, operation: Operation, tools: CompileTools): CompiledLimit | undefined {
  const { by, name, sliding } = config
  const { redis, server } = tools.config
  const limit = { name: name ?? `${operation.id}/${label}`, limit: config.limit, window: parseDuration(config.window), sliding }
  const mistake = mistakeOf(limit)
  const count = mistake === undefined ? tools.services.limiter.counter(limit) : undefined
  if (count === undefined) {
    const at = operation.settings.get('rateLimit')?.node ?? operation.node
    const { code, message, hint } = mistake ?? conflict(limit)
    tools.diagnostics.error(code, at, message, hint)
    return undefined
  }
  const { now } = tools.clock
  const policy = `"${label}";q=${limit.limit};w=${Math.ceil(limit.window / 1000)}`
  const away = problem('unavailable', { detail: 'Requests cannot be counted at the moment.', headers: { 'retry-after': '1' } })
  const uncounted = tools.meter.counter(
    'gatefold_limits_uncounted_total',
    'Requests that a rate limit could not count, Redis being away: admitted (open) or refused (closed).',
    ['operation', 'outcome'],
  )
  const closed = (config.onFailure ?? redis.onFailure ?? (by === 'ip' ? 'closed' : 'open')) === 'closed'

  return {
    limit,
    count,
    keyOf: limitKey(by, server.trustProxy),
    settle(context, hits) {
      if (hits === undefined) {
        uncounted.add(operation.id, closed ? 'refused' : 'admitted')
        return closed ? away : undefined
      }
      const wait = Math.max(1, Math.ceil((hits.resetAt - now()) / 1000))
      const remaining = Math.max(0, limit.limit - hits.count)
      context.responseHeaders.push('ratelimit-policy', policy, 'ratelimit', `"${label}";r=${remaining};t=${wait}`)
      return hits.count > limit.limit ? tooMany(wait) : undefined
    },
  }
}

function countOne({ count, keyOf, settle }: CompiledLimit): Step {
  return function countRequest(context) {
    const hits = count(keyOf(context))
    return hits instanceof Promise ? hits.then((counted) => settle(context, counted)) : settle(context, hits)
  }
}

/** Several limits up to the first refusal: in one round trip where the store can, else one after the other. */
function countSeveral(limits: readonly CompiledLimit[], { services }: CompileTools): Step {
  const count = services.limiter.jointCounter(limits.map(({ limit }) => limit))
  return count === undefined ? inOrder(limits.map(countOne)) : countJointly(limits, count)
}

function countJointly(limits: readonly CompiledLimit[], count: JointCounter): Step {
  return async function countAll(context) {
    const hits = await count(limits.map(({ keyOf }) => keyOf(context)))
    for (const [index, { settle }] of limits.entries()) {
      const refusal = settle(context, hits?.[index])
      if (refusal !== undefined) return refusal
    }
    return undefined
  }
}

function tooMany(wait: number): StepResult {
  return problem('rate_limited', { detail: `Try again in ${wait} s.`, headers: { 'retry-after': String(wait) } })
}

interface Mistake {
  code: DiagnosticCode
  message: string
  hint: string
}

function mistakeOf({ limit, window, sliding }: Limit): Mistake | undefined {
  if (window < 1000)
    return {
      code: 'short-window',
      message: `the window of a rate limit has ${window} ms, less than a second`,
      hint: 'use 1s or more',
    }
  if (sliding === true && limit > mostSliding)
    return {
      code: 'large-sliding-limit',
      message: `a sliding rate limit admits ${limit} requests, each of which it would have to remember`,
      hint: `use ${mostSliding} or less, or leave 'sliding' out`,
    }
  return undefined
}

function conflict({ name }: Limit): Mistake {
  return {
    code: 'conflicting-limits',
    message: `another rate limit of the name '${name}' has another limit, window or kind of window`,
    hint: 'give it a name of its own',
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
