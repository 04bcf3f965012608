import type { TaskResource } from '../tasks/resource.ts'
import type { TaskEvent } from '../tasks/states.ts'

/** Why a message or a handshake was refused; `code` is of the same catalogue as over HTTP. */
export interface SocketRefusal {
  code: string
  status: number
  title: string
  detail?: string
}

export type Ack<Content> = (answer: ({ ok: true } & Content) | { ok: false; error: SocketRefusal }) => void

/** What clients send. */
export interface ClientMessages {
  /** Everything behind event `after` in the answer (or, when that is much, behind it as `task:event`), then each new event. */
  'task:watch': (
    message: { task_id: string; after?: number },
    ack: Ack<{ task: TaskResource; events: readonly TaskEvent[] }>,
  ) => void
  'task:unwatch': (message: { task_id: string }, ack?: Ack<object>) => void
  /** All of one's own tasks: those that have not ended in the answer; `after` names the last event that the client has, by task. */
  'tasks:watch': (message: { after?: Record<string, number> }, ack: Ack<{ tasks: readonly TaskResource[] }>) => void
  'tasks:unwatch': (message: object, ack?: Ack<object>) => void
}

/** What clients receive. */
export interface ServerMessages {
  'task:event': (event: TaskEvent) => void
}
