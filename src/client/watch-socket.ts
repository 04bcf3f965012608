import type { SocketRefusal } from './api.ts'
import { ApiProblem } from './problem.ts'
import { isOver, type TaskEvent, type TaskState } from './task.ts'
import type { Transport } from './transport.ts'
import { isEnd, type Watch, type Watcher } from './watch.ts'

/** What is needed of a socket of socket.io-client. */
export interface LiveSocket {
  readonly connected: boolean
  /** True while it connects by itself. */
  readonly active: boolean
  on(event: string, listener: (...args: any[]) => void): unknown
  emit(event: string, ...args: any[]): unknown
  connect(): unknown
  disconnect(): unknown
}

/** `io` of socket.io-client. */
export type Connect = (
  url: string,
  options: {
    path: string
    auth: (give: (data: object) => void) => void
    transports: ('websocket' | 'polling')[]
    tryAllTransports: boolean
  },
) => LiveSocket

type Answer =
  | { ok: true; task: { status: TaskState; last_seq: number }; events: readonly TaskEvent[] }
  | { ok: false; error: SocketRefusal }

interface Following extends Watch {
  resolve(): void
  reject(error: unknown): void
}

/** Failed attempts to connect after which this way of watching counts as closed. */
const mostFailures = 3

/**
 * Follows tasks over one Socket.IO connection, which is there as long as something is watched. After each connect every watch goes on
 * behind the last event that came. The token is asked for anew each time, as the server ends a connection with its token.
 */
export function createSocketWatcher(connect: Connect, transport: Transport, realtimePath: string): Watcher {
  const watches = new Set<Following>()
  let socket: LiveSocket | undefined
  let failures = 0

  function opened(): LiveSocket {
    const base = /^https?:/.test(transport.baseUrl) ? new URL(transport.baseUrl) : undefined
    const prefix = base === undefined ? transport.baseUrl : base.pathname.replace(/\/$/, '')
    const created = connect(base?.origin ?? '/', {
      path: prefix + realtimePath,
      auth,
      // A server of several processes takes WebSocket only, a network in between may take none.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    })
    created.on('connect', () => {
      failures = 0
      for (const id of new Set([...watches].map((watch) => watch.id))) begin(created, id)
    })
    created.on('task:event', (event: TaskEvent) => {
      for (const watch of followersOf(event.task_id)) take(watch, [event])
    })
    created.on('connect_error', (error: Error) => {
      failures++
      if (!created.active || failures >= mostFailures) giveUp(error)
    })
    created.on('disconnect', (reason: string) => {
      if (reason === 'io server disconnect' && watches.size > 0) created.connect()
    })
    return created
  }

  function auth(give: (data: object) => void): void {
    transport.currentToken().then(
      (token) => give(token === undefined ? {} : { token }),
      () => give({}),
    )
  }

  /** What does not work here may work another way. */
  function giveUp(error: Error): void {
    for (const watch of [...watches]) watch.reject(error)
  }

  function followersOf(id: string): Following[] {
    return [...watches].filter((watch) => watch.id === id)
  }

  /** The server knows one watch of a task: it begins behind what all who follow the task here have. */
  function begin(live: LiveSocket, id: string): void {
    const after = Math.min(...followersOf(id).map((watch) => watch.after()))
    live.emit('task:watch', { task_id: id, after }, (answer: Answer) => {
      for (const watch of followersOf(id)) {
        if (answer.ok) {
          take(watch, answer.events)
          if (isOver(answer.task.status) && watch.after() >= answer.task.last_seq) watch.resolve()
        } else {
          const { error } = answer
          watch.reject(error.status < 500 && error.status !== 429 ? new ApiProblem(error.status, error) : new Error(error.title))
        }
      }
    })
  }

  function take(watch: Following, events: readonly TaskEvent[]): void {
    watch.deliver(events)
    const last = events.at(-1)
    if (last !== undefined && isEnd(last)) watch.resolve()
  }

  return function watchOverSocket(watch) {
    return new Promise((resolve, reject) => {
      if (watch.signal.aborted) return reject(watch.signal.reason)
      const following: Following = {
        ...watch,
        resolve: () => end(resolve),
        reject: (error) => end(() => reject(error)),
      }
      const abort = () => following.reject(watch.signal.reason)
      function end(settle: () => void): void {
        if (!watches.delete(following)) return
        watch.signal.removeEventListener('abort', abort)
        if (socket?.connected === true && followersOf(watch.id).length === 0) socket.emit('task:unwatch', { task_id: watch.id })
        if (watches.size === 0) {
          socket?.disconnect()
          failures = 0
        }
        settle()
      }
      watches.add(following)
      watch.signal.addEventListener('abort', abort, { once: true })
      socket ??= opened()
      if (socket.connected) begin(socket, watch.id)
      else if (!socket.active) socket.connect()
    })
  }
}
