import { type Outcome, Reply, type RequestContext } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import type { Middleware, Run, Step, StepResult } from '../policies/policy.ts'

/** The policies and the target of one operation as one function. It never throws and never rejects. */
export type Pipeline = Run

/** What a pipeline answers when something in it throws. */
export type FaultHandler = (error: unknown, context: RequestContext) => Outcome

/**
 * Joins middlewares and a target. Steps are called in a flat loop that stays synchronous until a step returns a promise;
 * `wrap` splits the loop in two, at boot, so that only pipelines with such a policy pay for nesting.
 */
export function compilePipeline(middlewares: readonly Middleware[], target: Run, onFault: FaultHandler): Pipeline {
  const split = middlewares.findIndex((middleware) => middleware.wrap !== undefined)
  if (split === -1) return flatPipeline(middlewares, guard(target, onFault), onFault)

  const { wrap, ...own } = middlewares[split] as Middleware & { wrap: (next: Run) => Run }
  const inner = compilePipeline(middlewares.slice(split + 1), target, onFault)
  return flatPipeline([...middlewares.slice(0, split), own], guard(wrap(inner), onFault), onFault)
}

function guard(run: Run, onFault: FaultHandler): Pipeline {
  return function guarded(context) {
    try {
      const outcome = run(context)
      return isPromise(outcome) ? outcome.then(undefined, (error: unknown) => onFault(error, context)) : outcome
    } catch (error) {
      return onFault(error, context)
    }
  }
}

function flatPipeline(middlewares: readonly Middleware[], target: Pipeline, onFault: FaultHandler): Pipeline {
  const before = middlewares.flatMap((middleware) => middleware.before ?? [])
  const after = middlewares.flatMap((middleware) => middleware.after ?? []).reverse()
  const admit = chain(before, target)
  const finish = after.length === 0 ? undefined : chainAfter(after)

  return function pipeline(context) {
    let outcome: Outcome | Promise<Outcome>
    try {
      outcome = admit(context)
    } catch (error) {
      outcome = onFault(error, context)
    }
    if (!isPromise(outcome)) return finish === undefined ? outcome : safely(finish, context, outcome, onFault)
    const settled = outcome.then(undefined, (error: unknown) => onFault(error, context))
    return finish === undefined ? settled : settled.then((value) => safely(finish, context, value, onFault))
  }
}

type Finish = (context: RequestContext, outcome: Outcome) => Outcome | Promise<Outcome>

function safely(finish: Finish, context: RequestContext, outcome: Outcome, onFault: FaultHandler): Outcome | Promise<Outcome> {
  try {
    const finished = finish(context, outcome)
    return isPromise(finished) ? finished.then(undefined, (error: unknown) => onFault(error, context)) : finished
  } catch (error) {
    return onFault(error, context)
  }
}

function chain(steps: readonly Step[], target: Pipeline): Run {
  const count = steps.length

  function run(context: RequestContext): Outcome | Promise<Outcome> {
    for (let i = 0; i < count; i++) {
      const result = (steps[i] as Step)(context)
      if (result === undefined) continue
      return isPromise(result) ? resume(context, i, result) : result
    }
    return target(context)
  }

  /** Goes on behind a step that had to wait. */
  async function resume(context: RequestContext, waiting: number, pending: Promise<StepResult>): Promise<Outcome> {
    let result = await pending
    for (let i = waiting + 1; result === undefined && i < count; i++) {
      const next = (steps[i] as Step)(context)
      result = isPromise(next) ? await next : next
    }
    return result ?? target(context)
  }

  return run
}

function chainAfter(steps: readonly NonNullable<Middleware['after']>[]): Finish {
  return function finish(context, outcome) {
    for (let i = 0; i < steps.length; i++) {
      const result = (steps[i] as NonNullable<Middleware['after']>)(context, outcome)
      if (result === undefined) continue
      if (isPromise(result)) return resumeAfter(steps, i, context, outcome, result)
      outcome = result
    }
    return outcome
  }
}

async function resumeAfter(
  steps: readonly NonNullable<Middleware['after']>[],
  waiting: number,
  context: RequestContext,
  outcome: Outcome,
  pending: Promise<StepResult>,
): Promise<Outcome> {
  let current = (await pending) ?? outcome
  for (const step of steps.slice(waiting + 1)) current = (await step(context, current)) ?? current
  return current
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
