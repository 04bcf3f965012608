import type { Logger } from 'pino'
import { type HandlerContext, Reply } from '../context.ts'
import { applicationProblem } from '../errors.ts'
import type { TaskDefinition } from './definition.ts'
import { endingOf, endingOfThrown } from './outcome.ts'
import type { Reporter } from './reporter.ts'
import type { ClaimedTask } from './rows.ts'
import type { Ending } from './settle.ts'
import { taskLog } from './task-log.ts'

/** Milliseconds that a handler gets to wind up after its signal; then its task ends without it. */
export const windUp = 5000

/** Why a running attempt was stopped; the `name` of its signal's reason. */
export type StopReason = 'TaskCancelled' | 'TimeoutError' | 'ShutdownError' | 'TaskLost'

const explanations: Record<StopReason, string> = {
  TaskCancelled: 'the task was cancelled',
  TimeoutError: 'the attempt took longer than allowed',
  ShutdownError: 'the process has to end',
  TaskLost: 'the task was given to another process',
}

/** One run of a handler, which can be stopped. */
export interface RunningAttempt {
  /** How it ended; undefined when it is not this attempt's to say any more. */
  readonly ending: Promise<Ending | undefined>
  stop(reason: StopReason): void
}

export interface AttemptTools {
  readonly log: Logger
  readonly reporter: Reporter
}

/** Runs the operation's handler for one attempt. The handler sees the same context as in a synchronous operation. */
export function runAttempt(definition: TaskDefinition, task: ClaimedTask, tools: AttemptTools): RunningAttempt {
  const controller = new AbortController()
  let stopped: StopReason | undefined
  let over = false
  let patience: NodeJS.Timeout | undefined
  const { promise: ending, resolve } = Promise.withResolvers<Ending | undefined>()
  const limit = setTimeout(() => stop('TimeoutError'), definition.options.timeout)

  function finish(outcome: Ending | undefined): void {
    if (over) return
    over = true
    clearTimeout(limit)
    clearTimeout(patience)
    resolve(outcome)
  }

  function stop(reason: StopReason): void {
    if (stopped !== undefined || over) return
    stopped = reason
    patience = setTimeout(() => finish(endingOfStop(reason)), windUp)
    controller.abort(new DOMException(explanations[reason], reason))
  }

  /** What a handler makes of its being stopped is not its outcome, unless it was only asked to hurry and did. */
  function handled(outcome: Ending): void {
    const counts = stopped === undefined || (stopped === 'ShutdownError' && outcome.kind === 'completed')
    finish(counts ? outcome : endingOfStop(stopped as StopReason))
  }

  const context = handlerContext(definition, task, controller.signal, tools)
  // Called behind a promise, so that a handler that throws at once is like one that rejects; one that is stopped by then never begins.
  Promise.resolve()
    .then(() => controller.signal.throwIfAborted())
    .then(() => definition.run(task.input, context))
    .then((outcome) => endingOf(definition, outcome, tools.log))
    .catch((error: unknown) => endingOfThrown(definition, error, stopped === undefined ? tools.log : undefined))
    // Code of the handler's may run where what it threw is looked at: a getter, the trap of a proxy.
    .catch(() => endingOfThrown(definition, 'something was thrown that cannot be looked at', tools.log))
    .then(handled)
  return { ending, stop }
}

function endingOfStop(reason: StopReason): Ending | undefined {
  if (reason === 'TaskLost') return undefined
  if (reason === 'ShutdownError') return { kind: 'returned', reason: 'shutdown' }
  // For a cancelled task any ending will do: the row knows that the cancel was accepted, and it wins.
  return { kind: 'failed', error: { code: 'timeout', title: 'The operation did not finish in time', status: 504 } }
}

function handlerContext(definition: TaskDefinition, task: ClaimedTask, signal: AbortSignal, tools: AttemptTools): HandlerContext {
  return {
    principal: task.principal ?? undefined,
    operation: definition.operation,
    signal,
    log: taskLog(tools.log, tools.reporter.line),
    requestId: task.request_id,
    services: definition.services,
    attempt: task.attempt,
    taskId: task.id,
    health: definition.health,
    reply: (status, body, headers) => new Reply(status, body, headers),
    problem: (code, options) => applicationProblem(code, options),
    progress: (fraction, message, data) => tools.reporter.progress(fraction, message, data),
  }
}
