import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Logger } from 'pino'
import type { Principal } from '../context.ts'
import { type Problem, problem } from '../errors.ts'
import { redact } from '../serve/redact.ts'
import { cancelTask, findTask, retryTask } from '../tasks/control.ts'
import { encodeCursor, isTaskId, readListQuery } from '../tasks/query.ts'
import { taskResource } from '../tasks/resource.ts'
import type { TaskRow } from '../tasks/rows.ts'
import type { TaskSystem } from '../tasks/system.ts'
import { answer, type Guarded, orThrow } from './answers.ts'
import { countedAtMost, countTasks, listAllTasks, readTaskDetail } from './task-table.ts'

/** Events that a task's details hold, the last ones. */
const shownEvents = 200

export interface OpsTasks {
  /** Path below which they are served. */
  readonly path: string
  readonly tasks: TaskSystem
  readonly redactPayload: (payload: object) => unknown
  readonly guarded: Guarded
  readonly log: Logger
}

/** Tasks of everybody, for operators: list, details with payload and log, cancel, start over. */
export function mountTasks(router: Router, { path, tasks, redactPayload, guarded, log }: OpsTasks): void {
  const { store, definitions } = tasks
  const { database } = store
  const { schema } = database

  async function named(ctx: Context): Promise<TaskRow> {
    const { task_id } = (ctx as Context & { params: Record<string, string> }).params
    const task = isTaskId(task_id) ? await findTask(database, schema, task_id) : undefined
    if (task === undefined) throw problem('not_found', { detail: 'there is no such task' })
    return task
  }

  const shown = (row: TaskRow) => {
    const { result: _, ...resource } = taskResource(tasks.served.path, row)
    return { ...resource, owner: row.owner }
  }

  async function list(ctx: Context): Promise<void> {
    const query = orThrow(readListQuery(new URLSearchParams(ctx.querystring)))
    const rows = await listAllTasks(database, schema, query)
    const page = rows.slice(0, query.limit)
    const last = rows.length > page.length ? page.at(-1) : undefined
    answer(ctx, { tasks: page.map(shown), next_cursor: last === undefined ? null : encodeCursor(last.id) })
  }

  async function count(ctx: Context): Promise<void> {
    answer(ctx, { counts: await countTasks(database, schema), counted_at_most: countedAtMost })
  }

  async function show(ctx: Context): Promise<void> {
    const task = await named(ctx)
    const detail = await readTaskDetail(database, schema, task.id)
    const events = await tasks.read(task.id, Math.max(0, task.last_seq - shownEvents), shownEvents)
    const { input = {}, ...rest } = detail ?? {}
    answer(ctx, {
      ...shown(task),
      ...rest,
      payload: redactPayload(input),
      result: redact(task.result),
      events: redact(events),
    })
  }

  async function change(
    ctx: Context,
    operator: Principal | undefined,
    what: 'cancel' | 'retry',
    run: (task: TaskRow) => Promise<TaskRow | Problem>,
  ): Promise<void> {
    const task = await named(ctx)
    const changed = orThrow(await run(task))
    log.info({ task_id: task.id, op: task.operation, sub: operator?.subject, change: what }, 'an operator changed a task')
    answer(ctx, shown(changed))
  }

  const cancel = (task: TaskRow) => {
    const definition = definitions.get(task.operation)
    return cancelTask(store, definition, task, definition?.options.retention ?? tasks.retention)
  }

  const retry = async (task: TaskRow) => {
    const definition = definitions.get(task.operation)
    if (definition === undefined)
      return problem('conflict', { detail: 'the operation of this task does not run as a task any more' })
    return retryTask(store, definition, task)
  }

  router.get(path, guarded(list))
  router.get(`${path}/counts`, guarded(count))
  router.get(`${path}/:task_id`, guarded(show))
  router.post(
    `${path}/:task_id/cancel`,
    guarded((ctx, operator) => change(ctx, operator, 'cancel', cancel)),
  )
  router.post(
    `${path}/:task_id/retry`,
    guarded((ctx, operator) => change(ctx, operator, 'retry', retry)),
  )
}
