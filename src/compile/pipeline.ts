import { Readable } from 'node:stream'
import { discard, type Outcome, Reply, type RequestContext } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import type { Middleware, PolicyStep, Run, StepResult } from '../policies/policy.ts'

/** The policies and the target of one operation as one function. It never throws and never rejects. */
export type Pipeline = Run

/** What a pipeline answers when something in it throws. */
export type FaultHandler = (error: unknown, context: RequestContext) => Outcome

/**
 * Joins middlewares and a target. Steps are called in a flat loop that stays synchronous until a step returns a promise;
 * `wrap` splits the loop in two, at boot, so that only pipelines with such a policy pay for nesting.
 */
export function compilePipeline(middlewares: readonly PolicyStep[], target: Run, onFault: FaultHandler): Pipeline {
  const split = middlewares.findIndex((middleware) => middleware.wrap !== undefined)
  if (split === -1) return flatPipeline(middlewares, target, onFault)

  const { wrap, ...own } = middlewares[split] as PolicyStep & { wrap: (next: Run) => Run }
  const inner = compilePipeline(middlewares.slice(split + 1), target, onFault)
  return flatPipeline([...middlewares.slice(0, split), own], wrapped(wrap, inner, own.policy), onFault)
}

/** Whoever wraps has decided until it lets the request pass. */
function wrapped(wrap: (next: Run) => Run, inner: Pipeline, policy: string): Run {
  const run = wrap(function admitted(context) {
    context.decidedBy = undefined
    return inner(context)
  })
  return function enter(context) {
    context.decidedBy = policy
    return run(context)
  }
}

function flatPipeline(middlewares: readonly PolicyStep[], target: Run, onFault: FaultHandler): Pipeline {
  const after = middlewares.filter(runsAfter).reverse()
  const admit = chain(middlewares.filter(runsBefore), target)
  const finish = after.length === 0 ? undefined : chainAfter(after)

  function end(context: RequestContext, outcome: Outcome): Outcome | Promise<Outcome> {
    if (finish === undefined) return outcome
    try {
      const finished = finish(context, outcome)
      return isPromise(finished)
        ? finished.then(undefined, (error: unknown) => replaced(outcome, onFault(error, context)))
        : finished
    } catch (error) {
      return replaced(outcome, onFault(error, context))
    }
  }

  return function pipeline(context) {
    let outcome: Outcome
    try {
      const admitted = admit(context)
      if (isPromise(admitted)) {
        return admitted.then(
          (settled) => end(context, settled),
          (error: unknown) => end(context, onFault(error, context)),
        )
      }
      outcome = admitted
    } catch (error) {
      outcome = onFault(error, context)
    }
    return end(context, outcome)
  }
}

type Finish = (context: RequestContext, outcome: Outcome) => Outcome | Promise<Outcome>

type Before = PolicyStep & Required<Pick<Middleware, 'before'>>
type After = PolicyStep & Required<Pick<Middleware, 'after'>>
const runsBefore = (step: PolicyStep): step is Before => step.before !== undefined
const runsAfter = (step: PolicyStep): step is After => step.after !== undefined

function chain(guards: readonly Before[], target: Run): Run {
  const steps = guards.map(({ before }) => before)
  const policies = guards.map(({ policy }) => policy)
  const count = steps.length

  function run(context: RequestContext): Outcome | Promise<Outcome> {
    let i = 0
    try {
      for (; i < count; i++) {
        const result = (steps[i] as Before['before'])(context)
        if (result === undefined) continue
        if (isPromise(result)) return resume(context, i, result)
        context.decidedBy = policies[i]
        return result
      }
    } catch (error) {
      context.decidedBy = policies[i]
      throw error
    }
    return target(context)
  }

  /** Goes on behind a step that had to wait. */
  async function resume(context: RequestContext, waiting: number, pending: Promise<StepResult>): Promise<Outcome> {
    let i = waiting
    let result: StepResult
    try {
      result = await pending
      while (result === undefined && ++i < count) {
        const next = (steps[i] as Before['before'])(context)
        result = isPromise(next) ? await next : next
      }
    } catch (error) {
      context.decidedBy = policies[i]
      throw error
    }
    if (result === undefined) return target(context)
    context.decidedBy = policies[i]
    return result
  }

  return run
}

function chainAfter(steps: readonly After[]): Finish {
  return function finish(context, outcome) {
    for (let i = 0; i < steps.length; i++) {
      const { after, policy } = steps[i] as After
      const result = after(context, outcome)
      if (result === undefined) continue
      if (isPromise(result)) return resumeAfter(steps, i, context, outcome, result)
      if (result !== outcome && result instanceof Problem) context.decidedBy = policy
      outcome = replaced(outcome, result)
    }
    return outcome
  }
}

async function resumeAfter(
  steps: readonly After[],
  waiting: number,
  context: RequestContext,
  outcome: Outcome,
  pending: Promise<StepResult>,
): Promise<Outcome> {
  let current = outcome
  for (let i = waiting; i < steps.length; i++) {
    const { after, policy } = steps[i] as After
    const result = await (i === waiting ? pending : after(context, current))
    if (result !== undefined && result !== current && result instanceof Problem) context.decidedBy = policy
    current = replaced(current, result ?? current)
  }
  return current
}

/** The outcome that stands in another one's place, whose stream then has no reader any more; unless it is a stream, which may read from it. */
function replaced(before: Outcome, outcome: Outcome): Outcome {
  if (before !== outcome && before instanceof Reply && !(outcome instanceof Reply && outcome.body instanceof Readable))
    discard(before.body)
  return outcome
}

/** Anything thenable counts: handlers may return promises that are not ours. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** A thrown problem or reply is an answer. Anything else is a fault: the log gets the error, the caller learns nothing of it. */
export function logFault(log: { error(fields: object, message: string): void }): FaultHandler {
  return function fault(error, context) {
    if (error instanceof Problem || error instanceof Reply) return error
    log.error({ err: error, request_id: context.requestId, op: context.operation.id }, 'fault')
    return problem(
      isUnavailable(error) ? 'unavailable' : 'internal_error',
      isUnavailable(error) ? { headers: { 'retry-after': '1' } } : {},
    )
  }
}

/** Services mark errors that mean "away for now" by `unavailable: true`; callers get 503 and may try again. */
function isUnavailable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { unavailable?: unknown }).unavailable === true
}
