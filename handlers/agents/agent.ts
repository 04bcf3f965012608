import { setImmediate } from 'node:timers/promises'
import type { HandlerContext } from 'gatefold'
import type { Static, TSchema } from 'typebox'

/** What an agent gets besides its parameters; a handler's context has it all. */
export type Run = Pick<HandlerContext, 'signal' | 'progress' | 'log'>

/** One kind of work. `parameters` is JSON Schema: callers read it, their parameters are checked by it, and it types `run`. */
export interface AgentTask<Parameters extends TSchema = TSchema> {
  description: string
  parameters: Parameters
  /** The result, a JSON value. Throws `AgentFailure` when the input cannot be worked on. */
  run(parameters: Static<Parameters>, run: Run): unknown
}

export interface Agent {
  name: string
  description: string
  /** By task type. */
  tasks: Readonly<Record<string, AgentTask>>
}

/** Gives a task's `run` the type of its parameters. */
export function defineTask<const Parameters extends TSchema>(task: AgentTask<Parameters>): AgentTask {
  return task as unknown as AgentTask
}

/** Says that an agent could not do what it was asked; the message is for the caller. */
export class AgentFailure extends Error {}

/** Lets everybody else have a turn; rejects with an AbortError when the run was cancelled meanwhile. Called between chunks of work. */
export async function pause({ signal }: Pick<Run, 'signal'>): Promise<void> {
  await setImmediate(undefined, { signal })
}
