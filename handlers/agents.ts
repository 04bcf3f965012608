import { randomUUIDv7 } from 'node:crypto'
import type { HandlerContext } from 'gatefold'
import type { ExecutionResult, Handler } from '../gatefold.ts'
import { type Agent, AgentFailure, type AgentTask } from './agents/agent.ts'
import { checkParameters } from './agents/check-parameters.ts'
import { agents } from './agents/registry.ts'

export const uses = ['tasks'] as const

/** GET /agents */
export const listAgents: Handler<'listAgents'> = () => ({
  agents: [...agents.values()].map(({ name, description, tasks }) => ({ name, description, task_types: Object.keys(tasks) })),
})

/** GET /agents/{name} */
export const getAgent: Handler<'getAgent'> = ({ params }, context) => {
  const agent = agents.get(params.name)
  if (agent === undefined) return unknownAgent(params.name, context)
  const tasks = Object.entries(agent.tasks).map(([task_type, { description, parameters }]) => ({
    task_type,
    description,
    parameters: { ...parameters },
  }))
  return { name: agent.name, description: agent.description, tasks }
}

/** POST /agents/execute */
export const executeAgent: Handler<'executeAgent'> = async ({ body }, context) => {
  const { agent_name, task_type, parameters } = body
  const agent = agents.get(agent_name)
  if (agent === undefined) return unknownAgent(agent_name, context)
  const task = taskOf(agent, task_type)
  if (task === undefined) return unknownTask(agent, context)
  const errors = checkParameters(task, parameters)
  if (errors.length > 0) return context.problem('validation_failed', { errors })

  const started = Date.now()
  const outcome = await attempt(task, parameters, context)
  return {
    ...outcome,
    task_id: context.taskId ?? randomUUIDv7(),
    status: outcome.success ? 'completed' : 'failed',
    metadata: { agent_name, task_type, started_at: new Date(started).toISOString(), duration_ms: Date.now() - started },
  }
}

/** POST /agents/execute/async: the same; that it runs as a task stands in gateway.yaml. */
export const executeAgentAsync: Handler<'executeAgentAsync'> = executeAgent

/** GET /agents/status/{task_id} */
export const getTaskStatus: Handler<'getTaskStatus'> = async ({ params }, { principal, services, problem }) => {
  const task = await services.tasks.find(params.task_id, principal)
  if (task?.operation !== 'executeAgentAsync') return problem('not_found', { detail: 'there is no such task' })
  const { task_id, status, progress, message, error } = task
  // Checked against the 200 response of the operation when it was kept.
  const result = task.result as ExecutionResult | null
  return { task_id, status, progress, message, result, error: error && (error.detail ?? error.title) }
}

/** What the agent says about its input is an answer; anything else that goes wrong in it is not the caller's business. */
async function attempt(task: AgentTask, parameters: unknown, context: HandlerContext) {
  try {
    return { success: true, result: await task.run(parameters, context), error: null }
  } catch (error) {
    if (error instanceof AgentFailure) return { success: false, result: null, error: error.message }
    throw error
  }
}

function taskOf(agent: Agent, type: string): AgentTask | undefined {
  return Object.hasOwn(agent.tasks, type) ? agent.tasks[type] : undefined
}

function unknownAgent(name: string, { problem }: HandlerContext) {
  return problem('not_found', { detail: `there is no agent '${name}'; the agents are ${[...agents.keys()].join(', ')}` })
}

function unknownTask(agent: Agent, { problem }: HandlerContext) {
  const message = `must be one of ${agent.name}'s task types: ${Object.keys(agent.tasks).join(', ')}`
  return problem('validation_failed', { errors: [{ place: 'body', pointer: '/task_type', message }] })
}
