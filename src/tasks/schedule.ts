import { randomUUIDv7 } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Principal } from '../context.ts'
import type { Cron } from './cron.ts'
import { emptyInput } from './dead-letter.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { insertTasks, ownerOf } from './insert.ts'
import type { TaskStore } from './store.ts'

/** Who starts scheduled tasks. Its tasks are visible to the roles in `visibleTo` only. */
export const system: Principal = { subject: 'system', roles: [], scopes: [], claims: {}, scheme: 'system' }

/** A moment that was missed by more than this many milliseconds is left out: nobody was there at the time. */
const tolerance = 60_000
/** Milliseconds after which a task that could not be started is tried again. */
const again = 1000

/** The schedules of this process' tasks. Every worker keeps them, and a moment belongs to the first that writes it down. */
export interface Schedules {
  /** Starts tasks by the schedules of these definitions from now on. A schedule that goes on loses no moment. */
  follow(definitions: TaskDefinitions): void
  stop(): void
}

/** A schedule and the moment behind which its next one is looked for. */
interface Scheduled {
  readonly cron: Cron
  from: Date
  callOff(): void
}

export function createSchedules(store: TaskStore, clock: Clock, log: Logger): Schedules {
  let scheduled = new Map<string, Scheduled>()
  const retries = new Set<() => void>()

  function plan(definition: TaskDefinition, entry: Scheduled): void {
    const next = entry.cron.after(entry.from)
    entry.callOff = next === undefined ? () => {} : clock.at(next.getTime(), due)

    function due(): Promise<void> {
      const latest = entry.cron.latest(new Date(clock.now()))
      // Never back: looking backwards misses the moments of an hour that clocks leave out, so the same would be due for ever.
      const tick = latest !== undefined && latest > (next as Date) ? latest : (next as Date)
      entry.from = tick
      plan(definition, entry)
      return start(definition, tick)
    }
  }

  /** Tries for as long as the moment counts: it is not lost for a database that is away just then. */
  async function start(definition: TaskDefinition, tick: Date): Promise<void> {
    if (clock.now() - tick.getTime() > tolerance) return
    try {
      await startTick(store, definition, tick)
    } catch (error) {
      log.error({ err: error, op: definition.operation.id, tick }, 'a scheduled task could not be started')
      const callOff = clock.at(clock.now() + again, () => {
        retries.delete(callOff)
        return start(definition, tick)
      })
      retries.add(callOff)
    }
  }

  function unplan(): void {
    for (const { callOff } of scheduled.values()) callOff()
  }

  return {
    follow(definitions) {
      unplan()
      const before = scheduled
      scheduled = new Map()
      for (const [id, definition] of definitions) {
        const cron = definition.options.schedule
        if (cron === undefined) continue
        const known = before.get(id)
        const from = known?.cron.text === cron.text ? known.from : new Date(clock.now())
        const entry: Scheduled = { cron, from, callOff() {} }
        scheduled.set(id, entry)
        plan(definition, entry)
      }
    },
    stop() {
      unplan()
      for (const callOff of retries) callOff()
    },
  }
}

/** Makes the task of one moment, unless some process has made it. */
export async function startTick(store: TaskStore, definition: TaskDefinition, tick: Date): Promise<boolean> {
  const { database, queue, notifications, metrics } = store
  const id = randomUUIDv7()
  const owner = ownerOf(system)
  const started = await database.transaction(async (tx) => {
    const { rowCount } = await tx.query(
      `INSERT INTO "${database.schema}".task_schedule AS s (operation, last_tick) VALUES ($1, $2)
       ON CONFLICT (operation) DO UPDATE SET last_tick = excluded.last_tick WHERE s.last_tick < excluded.last_tick`,
      [definition.operation.id, tick],
    )
    if (rowCount === 0) return false
    const input = JSON.stringify(emptyInput(definition, undefined))
    const task = { id, owner, principal: system, input, requestId: id, traceparent: undefined }
    await insertTasks(tx, database.schema, queue, definition, [task])
    return true
  })
  if (started) {
    metrics.changed(definition.operation.id, 'submitted')
    notifications.events(id, 1, 1, owner)
    notifications.due(definition.queue)
  }
  return started
}
