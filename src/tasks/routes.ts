import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Principal } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import { maySee } from './access.ts'
import { cancelTask, findTask, retryTask } from './control.ts'
import { eventStream } from './event-stream.ts'
import { ownerOf } from './insert.ts'
import { listTasks } from './list.ts'
import { encodeCursor, isTaskId, readEventsQuery, readListQuery } from './query.ts'
import { taskResource } from './resource.ts'
import type { TaskRow } from './rows.ts'
import { isEndState, type TaskEvent } from './states.ts'
import type { TaskSystem } from './system.ts'

/** Who is calling: undefined for nobody in particular. Refusals are thrown. */
export type Identify = (ctx: Context) => Promise<Principal | undefined>

export interface TaskRoutes {
  /** Full path of the routes, for example `/api/v1/tasks`. */
  path: string
  tasks: TaskSystem
  /** Callers without credentials get through: tasks of nobody belong to whoever knows their id. */
  identify: Identify
  /** Callers without credentials are refused. */
  require: Identify
}

/** Events that one answer of JSON holds. */
const page = 1000
/** Event streams and waiting requests of one caller at a time in this process. */
const streamsPerCaller = 100

/** `GET /tasks`, `GET` and `DELETE /tasks/{task_id}`, `POST /tasks/{task_id}/retry`, `GET /tasks/{task_id}/events`. */
export function taskRoutes({ path, tasks, identify, require }: TaskRoutes): (router: Router) => void {
  const { store, definitions } = tasks
  const { database } = store
  const open = new Map<string, number>()

  /** The task in the path, for callers who may see it; to all others it is not there. */
  async function visibleTask(ctx: Context): Promise<TaskRow> {
    const principal = await identify(ctx)
    const { task_id } = (ctx as Context & { params: Record<string, string> }).params
    const task = isTaskId(task_id) ? await findTask(database, database.schema, task_id) : undefined
    if (task === undefined || !maySee(definitions, principal, task))
      throw problem('not_found', { detail: 'there is no such task' })
    return task
  }

  async function list(ctx: Context): Promise<void> {
    const principal = (await require(ctx)) as Principal
    const query = orThrow(readListQuery(new URLSearchParams(ctx.querystring)))
    const page = await listTasks(database, database.schema, { ...query, owner: ownerOf(principal) as string })
    const last = page.more ? page.tasks.at(-1) : undefined
    answer(ctx, 200, {
      tasks: page.tasks.map((row) => taskResource(path, row)),
      next_cursor: last === undefined ? null : encodeCursor(last.id),
    })
  }

  async function show(ctx: Context): Promise<void> {
    const task = await visibleTask(ctx)
    if (!isEndState(task.state)) ctx.set('retry-after', '1')
    answer(ctx, 200, taskResource(path, task))
  }

  async function cancel(ctx: Context): Promise<void> {
    const task = await visibleTask(ctx)
    const definition = definitions.get(task.operation)
    const changed = orThrow(await cancelTask(store, definition, task, definition?.options.retention ?? tasks.retention))
    answer(ctx, changed.state === 'active' ? 202 : 200, taskResource(path, changed))
  }

  async function retry(ctx: Context): Promise<void> {
    const task = await visibleTask(ctx)
    const definition = definitions.get(task.operation)
    if (definition === undefined)
      throw problem('conflict', { detail: 'the operation of this task does not run as a task any more' })
    const changed = orThrow(await retryTask(store, definition, task))
    ctx.set('location', `${path}/${task.id}`)
    answer(ctx, 202, taskResource(path, changed))
  }

  async function events(ctx: Context): Promise<void> {
    const task = await visibleTask(ctx)
    const query = orThrow(readEventsQuery(new URLSearchParams(ctx.querystring), ctx.get('last-event-id')))
    const streaming = ctx.accepts('application/json', 'text/event-stream') === 'text/event-stream'
    const over = isEndState(task.state) && query.after >= task.last_seq
    ctx.vary('accept')
    if (streaming) return stream(ctx, task, query.after, over)
    let found = await tasks.read(task.id, query.after, page)
    if (found.length === 0 && !over && query.wait > 0) {
      const done = occupy(task)
      await tasks.waitForEvent(task.id, query.after, query.wait * 1000, ctx.req).finally(done)
      found = await tasks.read(task.id, query.after, page)
    }
    answer(ctx, 200, eventPage(task, found))
  }

  function stream(ctx: Context, task: TaskRow, after: number, over: boolean): void {
    ctx.set('cache-control', 'no-store')
    // A browser that reconnects after the end is told by 204 to stop (WHATWG HTML section 9.2.5).
    if (over) {
      ctx.status = 204
      return
    }
    const done = occupy(task)
    const body = tasks.track(eventStream(tasks.follower, task.id, after, task.last_seq))
    body.once('close', done)
    ctx.status = 200
    // Proxies that gather answers would hold events back.
    ctx.set('x-accel-buffering', 'no')
    ctx.type = 'text/event-stream'
    ctx.body = body
  }

  /** Counts a connection that stays open; gives a function that ends it. */
  function occupy({ owner, id }: TaskRow): () => void {
    const key = owner ?? id
    const count = (open.get(key) ?? 0) + 1
    if (count > streamsPerCaller)
      throw problem('rate_limited', { detail: 'too many open streams', headers: { 'retry-after': '5' } })
    open.set(key, count)
    return () => {
      const left = (open.get(key) ?? 1) - 1
      if (left === 0) open.delete(key)
      else open.set(key, left)
    }
  }

  return (router) => {
    router.get(path, (ctx) => list(ctx as unknown as Context))
    router.get(`${path}/:task_id`, (ctx) => show(ctx as unknown as Context))
    router.delete(`${path}/:task_id`, (ctx) => cancel(ctx as unknown as Context))
    router.post(`${path}/:task_id/retry`, (ctx) => retry(ctx as unknown as Context))
    router.get(`${path}/:task_id/events`, (ctx) => events(ctx as unknown as Context))
  }
}

function eventPage(task: TaskRow, events: readonly TaskEvent[]): Record<string, unknown> {
  const last = events.at(-1)
  return { task_id: task.id, status: last?.status ?? task.state, events }
}

function answer(ctx: Context, status: number, body: unknown): void {
  ctx.status = status
  ctx.set('cache-control', 'no-store')
  ctx.body = body
}

function orThrow<T>(value: T | Problem): T {
  if (value instanceof Problem) throw value
  return value
}
