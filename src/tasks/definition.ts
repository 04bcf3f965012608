import type { HandlerContext, HandlerRequest, Outcome } from '../context.ts'
import type { Operation } from '../model/operation.ts'
import type { SchemaError } from '../schemas/compiler.ts'
import type { Backoff } from './backoff.ts'
import type { Cron } from './cron.ts'

/** How an operation runs as a task, with everything defaulted; times in milliseconds. */
export interface TaskOptions {
  readonly retries: number
  readonly backoff: Backoff
  readonly delay: number
  readonly timeout: number
  readonly priority: number
  /** Attempts that run at once in this process. */
  readonly concurrency: number
  /** Limits of each owner over all processes: running at once (exact), waiting at once. */
  readonly perOwner: { readonly active: number; readonly queued: number } | undefined
  readonly maxQueued: number | undefined
  readonly deadLetter: string | undefined
  readonly retention: number
  /** The largest result, in bytes of JSON. */
  readonly resultLimit: number
  readonly schedule: Cron | undefined
  readonly visibleTo: readonly string[]
}

/** One operation that runs as a task. */
export interface TaskDefinition {
  readonly operation: Operation
  readonly options: TaskOptions
  /** The queue that its jobs go through. */
  readonly queue: string
  readonly health: HandlerContext['health']
  readonly services: HandlerContext['services']
  /** Runs the operation's handler; may throw or reject. */
  run(request: HandlerRequest, context: HandlerContext): Outcome | Promise<Outcome>
  /** What is wrong with a result, by the operation's 200 response; undefined when nothing is. */
  check(result: unknown): readonly SchemaError[] | undefined
}

/** The operations that run as tasks, by operationId. */
export type TaskDefinitions = ReadonlyMap<string, TaskDefinition>
