import type { Socket } from 'socket.io'
import type { GatewayConfig } from '../config/schema.ts'
import { type Check, compileCheck } from '../config/validate.ts'
import type { Principal } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import { maySee } from '../tasks/access.ts'
import { findTask } from '../tasks/control.ts'
import { isTaskId } from '../tasks/query.ts'
import { taskResource } from '../tasks/resource.ts'
import { endsTask, type TaskEvent } from '../tasks/states.ts'
import type { TaskSystem } from '../tasks/system.ts'
import { type Connection, isTooSlow, messageLimit } from './limits.ts'
import {
  type ClientMessageName,
  type ClientMessages,
  clientMessages,
  type Message,
  type ServerMessages,
  type SocketRefusal,
} from './messages.ts'
import { type OwnTasks, watchOwnTasks } from './own-tasks.ts'

export type TaskSocket = Socket<ClientMessages, ServerMessages>

let compiled: Record<ClientMessageName, Check> | undefined

/** Compiled for the first client: most processes start without one. */
function checks(): Record<ClientMessageName, Check> {
  compiled ??= Object.fromEntries(
    Object.entries(clientMessages).map(([name, { message }]) => [name, compileCheck(message)]),
  ) as Record<ClientMessageName, Check>
  return compiled
}

/** Events that the answer to `task:watch` holds; further ones follow as messages. */
const page = 1000

/** What sessions go by; it may change while they last. */
export interface SessionView {
  readonly tasks: TaskSystem
  readonly config: GatewayConfig['realtime']
}

/** Answers one connected client until it leaves. It sees what the same principal sees over HTTP at the time. */
export function openSession(socket: TaskSocket, principal: Principal, view: () => SessionView): void {
  const { store, follower } = view().tasks
  const { database } = store
  const watches = new Map<string, () => void>()
  let own: OwnTasks | undefined

  function deliver(events: readonly TaskEvent[]): void {
    if (isTooSlow(socket.conn as unknown as Connection)) {
      socket.disconnect(true)
      return
    }
    for (const event of events) socket.emit('task:event', event)
  }

  function unwatch(taskId: string): void {
    watches.get(taskId)?.()
    watches.delete(taskId)
  }

  async function watch({ task_id: taskId, after = 0 }: Message<'task:watch'>): Promise<object | Problem> {
    const { tasks, config } = view()
    if (!watches.has(taskId) && watches.size >= config.watches) {
      return problem('rate_limited', { detail: `a connection can watch ${config.watches} tasks` })
    }
    const task = await findTask(database, database.schema, taskId)
    if (task === undefined || !maySee(tasks.definitions, principal, task)) return notFound()
    const events = await tasks.read(taskId, after, page)
    unwatch(taskId)
    const last = events.at(-1)
    const over =
      last === undefined ? task.finished_at !== null && after >= task.last_seq : last.seq >= task.last_seq && endsTask(last)
    // Begins behind the answer, which is on its way before anything else: the next lines run without a pause.
    if (!over && socket.connected) {
      const unfollow = follower.follow(taskId, last?.seq ?? after, (fresh) => {
        deliver(fresh)
        const newest = fresh.at(-1)
        if (newest !== undefined && newest.seq >= task.last_seq && endsTask(newest)) unwatch(taskId)
      })
      watches.set(taskId, unfollow)
    }
    return { task: taskResource(tasks.served.path, task), events }
  }

  async function watchOwn({ after = {} }: Message<'tasks:watch'>): Promise<object | Problem> {
    const { tasks, config } = view()
    const cursors = Object.entries(after)
    if (cursors.length > config.watches || !cursors.every(([id]) => isTaskId(id)))
      return problem('validation_failed', { detail: `after must be an object of at most ${config.watches} task ids` })
    own?.stop()
    own = undefined
    const watching = await watchOwnTasks(tasks, principal, new Map(cursors), deliver)
    if (socket.connected) own = watching
    else watching.stop()
    return { tasks: watching.open.map((row) => taskResource(tasks.served.path, row)) }
  }

  const on = socket.on.bind(socket) as (event: string, listener: (...args: unknown[]) => void) => void

  /** Answers of one client are made one after the other: two watches of one task must not overtake each other. */
  let turn: Promise<void> = Promise.resolve()
  function answer<Name extends ClientMessageName>(name: Name, work: (message: Message<Name>) => Promise<object | Problem>): void {
    on(name, (...args) => {
      const ack = typeof args.at(-1) === 'function' ? (args.at(-1) as (answer: unknown) => void) : () => {}
      const message = typeof args[0] === 'function' ? {} : (args[0] ?? {})
      turn = turn.then(async () => {
        // Who has left waits for no answer.
        if (!socket.connected) return
        try {
          const result = refusalOfMessage(name, message) ?? (await work(message as Message<Name>))
          ack(result instanceof Problem ? { ok: false, error: refusalOf(result) } : { ok: true, ...result })
        } catch {
          ack({ ok: false, error: refusalOf(problem('unavailable')) })
        }
      })
    })
  }

  const allow = messageLimit()
  socket.use((_packet, next) => {
    if (allow()) next()
    else socket.disconnect(true)
  })
  answer('task:watch', watch)
  answer('tasks:watch', watchOwn)
  answer('task:unwatch', async ({ task_id }) => {
    unwatch(task_id)
    return {}
  })
  answer('tasks:unwatch', async () => {
    own?.stop()
    own = undefined
    return {}
  })
  socket.once('disconnect', () => {
    for (const taskId of [...watches.keys()]) unwatch(taskId)
    own?.stop()
  })
}

export function refusalOf({ code, status, title, detail }: Problem): SocketRefusal {
  return { code, status, title, ...(detail !== undefined && { detail }) }
}

function notFound(): Problem {
  return problem('not_found', { detail: 'there is no such task' })
}

/** Why a message is not what its schema describes; what is no id is nobody's task. */
function refusalOfMessage(name: ClientMessageName, message: unknown): Problem | undefined {
  const [finding] = checks()[name](message)
  const taskId = (message as { task_id?: unknown }).task_id
  if ('task_id' in clientMessages[name].message.properties && !isTaskId(taskId)) return notFound()
  return finding === undefined ? undefined : problem('validation_failed', { detail: finding.message })
}
