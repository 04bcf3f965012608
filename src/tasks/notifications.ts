import { createHash, randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Database } from '../services/database.ts'

/** What the processes tell each other. All of it may be lost: whoever depends on it also looks into the tables from time to time. */
export interface Notice {
  /** A task's log has grown: from the first to the last of these numbers. */
  events: { taskId: string; first: number; last: number; owner: string | undefined }
  /** An attempt is due in a queue. */
  due: string
  /** A task is to stop. */
  cancel: string
}

export interface Notifications {
  /** Tells this process at once and the others within milliseconds. Never within a transaction: what it is about must be committed. */
  events(taskId: string, first: number, last: number, owner: string | null): void
  due(queue: string): void
  cancel(taskId: string): void
  /** Gives a function that ends it. */
  on<Kind extends keyof Notice>(kind: Kind, listener: (notice: Notice[Kind]) => void): () => void
  /** `listener` is called when notifications from other processes may have been missed. Gives a function that ends it. */
  onGap(listener: () => void): () => void
  start(): Promise<void>
  /** Sends what is left. */
  stop(): Promise<void>
}

/** NOTIFY takes less than 8000 bytes; the rest is for the frame. */
const payloadLimit = 7800
/** Milliseconds for which notices are gathered: every NOTIFY takes a lock that is held by one session of the whole server at a time. */
const gathering = 5

/** One entry of a payload: ["e", task, first, last, owner tag], ["d", queue] or ["c", task]. */
type Entry = ['e', string, number, number, string?] | ['d', string] | ['c', string]

type Listeners = { [Kind in keyof Notice]: Set<(notice: Notice[Kind]) => void> }

/**
 * A short tag of an owner: enough to skip other owners' notices, and it tells nobody who they are. Whoever goes by it must
 * look into the log, which has the owner itself.
 */
export function ownerTag(owner: string): string {
  return createHash('sha256').update(owner).digest('base64url').slice(0, 10)
}

export function createNotifications(database: Database, log: Logger): Notifications {
  const channel = `${database.schema}_tasks`
  const self = randomUUID()
  const listeners: Listeners = { events: new Set(), due: new Set(), cancel: new Set() }
  const gapListeners = new Set<() => void>()
  const pending = new Map<string, Entry>()
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()
  let unlisten: (() => Promise<void>) | undefined

  function deliver(entry: Entry): void {
    if (entry[0] === 'e') {
      const [, taskId, first, last, owner] = entry
      for (const listener of listeners.events) listener({ taskId, first, last, owner })
    } else if (entry[0] === 'd') for (const listener of listeners.due) listener(entry[1])
    else for (const listener of listeners.cancel) listener(entry[1])
  }

  function tell(key: string, entry: Entry): void {
    // The embedded database has no other process.
    if (database.kind === 'embedded') return
    pending.set(key, entry)
    timer ??= setTimeout(flush, gathering)
  }

  function flush(): void {
    timer = undefined
    const entries = [...pending.values()]
    pending.clear()
    sending = sending.then(() => send(entries))
  }

  async function send(entries: Entry[]): Promise<void> {
    for (const payload of payloads(self, entries)) {
      await database.notify(channel, payload).catch((error: unknown) => log.debug({ err: error }, 'a notification was not sent'))
    }
  }

  function receive(payload: string): void {
    const message: unknown = parse(payload)
    if (!Array.isArray(message) || message[0] === self) return
    for (const entry of message.slice(1)) if (Array.isArray(entry)) deliver(entry as unknown as Entry)
  }

  return {
    events(taskId, first, last, owner) {
      const tag = owner === null ? [] : [ownerTag(owner)]
      deliver(['e', taskId, first, last, ...tag] as Entry)
      const earlier = pending.get(`e${taskId}`)
      const from = earlier?.[0] === 'e' ? Math.min(earlier[2], first) : first
      tell(`e${taskId}`, ['e', taskId, from, last, ...tag] as Entry)
    },
    due(queue) {
      deliver(['d', queue])
      tell(`d${queue}`, ['d', queue])
    },
    cancel(taskId) {
      deliver(['c', taskId])
      tell(`c${taskId}`, ['c', taskId])
    },
    on(kind, listener) {
      listeners[kind].add(listener)
      return () => void listeners[kind].delete(listener)
    },
    onGap(listener) {
      gapListeners.add(listener)
      return () => void gapListeners.delete(listener)
    },
    async start() {
      if (database.kind === 'embedded') return
      unlisten = await database.listen(channel, receive, () => {
        for (const listener of gapListeners) listener()
      })
    },
    async stop() {
      if (timer !== undefined) {
        clearTimeout(timer)
        flush()
      }
      await sending
      await unlisten?.()
    },
  }
}

/** Cuts entries into payloads below the limit; entries are ASCII, so characters are bytes. */
export function payloads(self: string, entries: readonly Entry[]): string[] {
  const made: string[] = []
  let parts: string[] = [JSON.stringify(self)]
  let length = 0
  for (const entry of entries) {
    const part = JSON.stringify(entry)
    if (length + part.length > payloadLimit && parts.length > 1) {
      made.push(`[${parts.join(',')}]`)
      parts = [JSON.stringify(self)]
      length = 0
    }
    parts.push(part)
    length += part.length + 1
  }
  if (parts.length > 1) made.push(`[${parts.join(',')}]`)
  return made
}

/** Whoever may use the database may notify on the channel; what is no JSON is ignored. */
function parse(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}
