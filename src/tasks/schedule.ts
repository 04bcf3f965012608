import { randomUUIDv7 } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Principal } from '../context.ts'
import type { Cron } from './cron.ts'
import { emptyInput } from './dead-letter.ts'
import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { insertTask, ownerOf } from './insert.ts'
import type { TaskStore } from './store.ts'

/** Who starts scheduled tasks. Its tasks are visible to the roles in `visibleTo` only. */
export const system: Principal = { subject: 'system', roles: [], scopes: [], claims: {}, scheme: 'system' }

/** A moment that was missed by more than this many milliseconds is left out: nobody was there at the time. */
const tolerance = 60_000

/** Starts the tasks of schedules; every worker does, and a moment belongs to the first that writes it down. Gives a function that ends it. */
export function startSchedules(store: TaskStore, definitions: TaskDefinitions, clock: Clock, log: Logger): () => void {
  const waits = new Map<TaskDefinition, () => void>()

  function plan(definition: TaskDefinition, cron: Cron, from: Date): void {
    const next = cron.after(from)
    if (next === undefined) return
    waits.set(definition, clock.at(next.getTime(), due))

    function due(): Promise<unknown> | undefined {
      const now = new Date(clock.now())
      const tick = cron.latest(now) ?? (next as Date)
      plan(definition, cron, tick)
      if (now.getTime() - tick.getTime() > tolerance) return undefined
      return startTick(store, definition, tick).catch((error: unknown) =>
        log.error({ err: error, op: definition.operation.id, tick }, 'a scheduled task could not be started'),
      )
    }
  }

  for (const definition of definitions.values()) {
    if (definition.options.schedule !== undefined) plan(definition, definition.options.schedule, new Date(clock.now()))
  }
  return () => {
    for (const callOff of waits.values()) callOff()
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
    const input = emptyInput(definition, undefined)
    await insertTask(tx, database.schema, queue, definition, {
      id,
      owner,
      principal: system,
      input,
      requestId: id,
      traceparent: undefined,
    })
    return true
  })
  if (started) {
    metrics.changed(definition.operation.id, 'submitted')
    notifications.events(id, 1, 1, owner)
    notifications.due(definition.queue)
  }
  return started
}
