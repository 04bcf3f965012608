import { parseTimeout } from '../config/units.ts'
import { type Outcome, Reply } from '../context.ts'
import { Problem, type ValidationError } from '../errors.ts'
import { signalOf } from '../serve/abort.ts'
import { checkOperation } from '../tasks/checks.ts'
import { findTask } from '../tasks/control.ts'
import type { TaskDefinition } from '../tasks/definition.ts'
import { readIdempotencyKey } from '../tasks/idempotency.ts'
import { taskInput } from '../tasks/input.ts'
import { ownerOf } from '../tasks/insert.ts'
import { taskOptions } from '../tasks/options.ts'
import { queueName } from '../tasks/queue-name.ts'
import { taskLinks } from '../tasks/resource.ts'
import { resultCheck } from '../tasks/result-check.ts'
import type { TaskRow } from '../tasks/rows.ts'
import { TaskSettings } from '../tasks/schema.ts'
import { isEndState } from '../tasks/states.ts'
import type { TaskSystem } from '../tasks/system.ts'
import { readWait } from '../tasks/wait.ts'
import { traceparentOf } from '../tracing/request-trace.ts'
import { findHandler } from './handler.ts'
import { replyMaker } from './handler-call.ts'
import { defineTarget } from './target.ts'

/** The longest time that `Prefer: wait` is granted, in milliseconds. */
const longestWait = 60_000

/** `task: {}`: the operation answers 202 at once and its handler runs as a durable task. */
export const task = defineTarget({
  name: 'task',
  schema: TaskSettings,
  uses: ['tasks', 'realtime'],
  refuses: ({ maxQueued, perOwner }) => [
    'malformed_request',
    'idempotency_in_flight',
    'idempotency_key_reused',
    ...(perOwner === undefined ? [] : (['rate_limited'] as const)),
    ...(maxQueued === undefined ? [] : (['overloaded'] as const)),
  ],
  compile(config, operation, tools) {
    const { tasks } = tools.services
    checkOperation(operation, tools.diagnostics)
    const handler = findHandler(operation, tools)
    const toOutcome = replyMaker(operation)
    const definition: TaskDefinition = {
      operation,
      options: taskOptions(config, operation, tools),
      queue: queueName(operation.id),
      health: tools.health.all,
      services: tools.services,
      run: async (request, context) => toOutcome(await handler(request, context)),
      check: resultCheck(operation, tools),
    }
    tasks.define(definition)
    const timeout = operation.settings.get('timeout')?.value
    // Answered just before the operation's own timeout would refuse it.
    const patience = timeout === undefined ? longestWait : Math.min(longestWait, parseTimeout(timeout as string | number) - 500)

    return async function submit(context) {
      const key = readIdempotencyKey(context.req.headers['idempotency-key'])
      if (key instanceof Problem) return key
      const submitted = await tasks.submit(definition, {
        owner: ownerOf(context.principal),
        principal: context.principal,
        input: taskInput(context),
        requestId: context.requestId,
        traceparent: traceparentOf(context),
        idempotencyKey: key,
      })
      if (submitted instanceof Problem) return submitted
      const wait = readWait(context.req.headers.prefer)
      const granted = wait === undefined ? 0 : Math.max(0, Math.min(wait * 1000, patience))
      if (submitted.fresh && granted === 0) return accepted(tasks, submitted.id, 'queued', undefined)
      const applied = wait === undefined ? undefined : `wait=${wait}`
      if (granted > 0) await tasks.waitForEnd(submitted.id, 1, granted, signalOf(context))
      const { database } = tasks.store
      const row = await findTask(database, database.schema, submitted.id)
      if (row === undefined || granted === 0 || !isEndState(row.state) || row.state === 'cancelled') {
        return accepted(tasks, submitted.id, row?.state ?? 'queued', applied)
      }
      return finished(tasks, row, applied as string)
    }
  },
})

function accepted(tasks: TaskSystem, id: string, status: string, applied: string | undefined): Outcome {
  const links = taskLinks(tasks.served.path, id)
  const headers = { location: links.status_url, 'retry-after': '1', ...(applied && { 'preference-applied': applied }) }
  return new Reply(202, { task_id: id, status, ...links }, headers)
}

/** What the operation would have answered had it not been a task. */
function finished(tasks: TaskSystem, row: TaskRow, applied: string): Outcome {
  const headers = { location: taskLinks(tasks.served.path, row.id).status_url, 'preference-applied': applied }
  if (row.error === null) return new Reply(200, row.result, headers)
  const { code, status, title, detail } = row.error
  const errors = row.error.errors as readonly ValidationError[] | undefined
  return new Problem(code, status, title, {
    headers,
    extra: { task_id: row.id },
    ...(detail !== undefined && { detail }),
    ...(errors !== undefined && { errors }),
  })
}
