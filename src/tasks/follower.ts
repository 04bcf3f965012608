import type { Logger } from 'pino'
import type { Database } from '../services/database.ts'
import { readEvents } from './log.ts'
import type { Notifications } from './notifications.ts'
import { repeat } from './repeat.ts'
import type { TaskEvent } from './states.ts'

/** Takes events in order of their numbers, each once. */
export type Deliver = (events: readonly TaskEvent[]) => void

/**
 * Brings the events of tasks to whoever follows them in this process: sockets, event streams, waiting requests. Notifications only
 * say that there is something to read; what is delivered comes from the log, one read for all followers, from each one's cursor on.
 */
export interface Follower {
  /** Delivers everything behind `after`; gives a function that ends it. */
  follow(taskId: string, after: number, deliver: Deliver): () => void
  /** How many follow at the moment. */
  readonly size: number
  start(): Promise<void>
  stop(): Promise<void>
}

/** Events that one read takes of one task; there may be more at the next. */
const page = 500
/** Milliseconds between two looks for events that no notification told of: a process may die between commit and notification. */
const sweepInterval = 2000

interface Following {
  cursor: number
  deliver: Deliver
}

export function createFollower(database: Database, notifications: Notifications, log: Logger): Follower {
  const tasks = new Map<string, Set<Following>>()
  const grown = new Set<string>()
  let reading = false
  let endSweep: (() => Promise<void>) | undefined

  function wake(taskId: string): void {
    grown.add(taskId)
    if (!reading) void readAll()
  }

  async function readAll(): Promise<void> {
    reading = true
    // One turn of the loop, so that what is announced together is read together.
    await new Promise(setImmediate)
    while (grown.size > 0) {
      const cursors = [...grown].flatMap((taskId) => cursorOf(taskId) ?? [])
      grown.clear()
      if (cursors.length === 0) continue
      try {
        deliver(await readEvents(database, database.schema, cursors, page))
      } catch (error) {
        // The sweep finds them again.
        log.warn({ err: error }, 'events of tasks could not be read')
      }
    }
    reading = false
  }

  function cursorOf(taskId: string): { taskId: string; after: number } | undefined {
    const followings = tasks.get(taskId)
    return followings && { taskId, after: Math.min(...[...followings].map(({ cursor }) => cursor)) }
  }

  function deliver(events: readonly TaskEvent[]): void {
    for (let start = 0; start < events.length; ) {
      const { task_id } = events[start] as TaskEvent
      let end = start + 1
      while (end < events.length && events[end]?.task_id === task_id) end++
      deliverTask(task_id, events.slice(start, end))
      if (end - start === page) grown.add(task_id)
      start = end
    }
  }

  function deliverTask(taskId: string, events: readonly TaskEvent[]): void {
    const first = (events[0] as TaskEvent).seq
    for (const following of [...(tasks.get(taskId) ?? [])]) {
      const fresh = events.slice(Math.max(0, following.cursor + 1 - first))
      // A follower that joined during the read with an older cursor has its turn at the next.
      if (following.cursor + 1 < first) grown.add(taskId)
      else if (fresh.length > 0) {
        following.cursor = (fresh.at(-1) as TaskEvent).seq
        following.deliver(fresh)
      }
    }
  }

  async function sweep(): Promise<void> {
    if (tasks.size === 0) return
    const { rows } = await database.query<{ id: string; last_seq: number }>(
      `SELECT id, last_seq FROM "${database.schema}".task WHERE id = ANY($1::uuid[])`,
      [[...tasks.keys()]],
    )
    for (const { id, last_seq } of rows) if (last_seq > (cursorOf(id)?.after ?? last_seq)) wake(id)
  }

  return {
    get size() {
      return [...tasks.values()].reduce((total, followings) => total + followings.size, 0)
    },
    follow(taskId, after, deliver) {
      const following = { cursor: after, deliver }
      const followings = tasks.get(taskId) ?? new Set()
      tasks.set(taskId, followings.add(following))
      wake(taskId)
      return () => {
        followings.delete(following)
        if (followings.size === 0 && tasks.get(taskId) === followings) tasks.delete(taskId)
      }
    },
    async start() {
      notifications.on('events', ({ taskId }) => {
        if (tasks.has(taskId)) wake(taskId)
      })
      notifications.onGap(() => void sweep().catch(() => {}))
      endSweep = repeat(sweep, sweepInterval, (error) => log.warn({ err: error }, 'events of tasks could not be looked for'))
    },
    async stop() {
      await endSweep?.()
      tasks.clear()
    },
  }
}
