import { pino } from 'pino'
import type { Agent, Run } from '../../../handlers/agents/agent.ts'
import { checkParameters } from '../../../handlers/agents/check-parameters.ts'

/** Runs a task as the operation does: parameters are checked and defaulted first. */
export async function runTask<Result = any>(
  agent: Agent,
  type: string,
  parameters: object,
  run: Partial<Run> = {},
): Promise<Result> {
  const task = agent.tasks[type]
  if (task === undefined) throw new Error(`no task ${type}`)
  const errors = checkParameters(task, parameters)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return (await task.run(parameters, {
    signal: new AbortController().signal,
    progress() {},
    log: pino({ level: 'silent' }),
    ...run,
  })) as Result
}
