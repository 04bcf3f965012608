import { randomUUID } from 'node:crypto'
import { windUp } from './attempt.ts'
import { dueOperations } from './due.ts'
import { createHeartbeat } from './heartbeat.ts'
import { endLease, endOtherLeases, lease } from './lease.ts'
import { createOrphans } from './orphans.ts'
import { repeat } from './repeat.ts'
import { createSettle } from './settle.ts'
import { createSlots, type SlotOptions } from './slots.ts'

export interface Worker {
  start(): Promise<void>
  /** Whether it looks for due tasks as often as it should. */
  readonly looks: boolean
  /** Takes no more tasks, lets those that run end within `grace` milliseconds, and hands the rest back. */
  stop(grace: number): Promise<void>
}

/** Milliseconds between two looks for due tasks that no notification told of: delays that are over, processes that died. */
const backstop = 1000
/** Milliseconds without a completed look after which something is wrong. */
const longestLook = 10_000

export interface WorkerOptions extends Omit<SlotOptions, 'worker' | 'settle'> {
  /** No other process can be at work on this database: what others have left is taken over at once. */
  alone: boolean
  /** For how many milliseconds finished tasks are kept whose operation is unknown. */
  retention: () => number
}

/** The part of a process that runs tasks. */
export function createWorker(options: WorkerOptions): Worker {
  const { store, definitions, log } = options
  const { database } = store
  const worker = randomUUID()
  const settle = createSettle(store, definitions)
  const slots = createSlots({ ...options, worker, settle })
  const orphans = createOrphans(store, definitions, options.retention, log)
  const beat = createHeartbeat(store, definitions, settle, slots, orphans, worker, log)
  const delays = new Set<NodeJS.Timeout>()
  const loops: (() => Promise<void>)[] = []
  let lookedAt = Number.NEGATIVE_INFINITY

  function fill(operation: string): void {
    const definition = definitions.get(operation)
    if (definition !== undefined) void slots.fill(definition)
  }

  async function lookForDue(): Promise<void> {
    for (const { operation, delay } of await dueOperations(database, database.schema, [...definitions.keys()], backstop)) {
      if (delay === 0) fill(operation)
      else later(delay, () => fill(operation))
    }
    lookedAt = performance.now()
  }

  function later(delay: number, work: () => void): void {
    const timer = setTimeout(() => {
      delays.delete(timer)
      work()
    }, Math.ceil(delay))
    delays.add(timer)
  }

  return {
    get looks() {
      return performance.now() - lookedAt < longestLook
    },
    async start() {
      if (options.alone) await endOtherLeases(store, worker)
      await beat()
      store.notifications.on('due', (queue) => {
        for (const definition of definitions.values()) if (definition.queue === queue) void slots.fill(definition)
      })
      store.notifications.on('cancel', slots.cancel)
      store.notifications.onGap(() => void lookForDue().catch(() => {}))
      await lookForDue()
      loops.push(repeat(lookForDue, backstop, (error) => log.warn({ err: error }, 'due tasks could not be looked for')))
      loops.push(repeat(beat, lease.beat, (error) => log.warn({ err: error }, 'the lease of the worker could not be renewed')))
    },
    async stop(grace) {
      const [endLooking, endBeating] = loops.splice(0)
      if (endLooking === undefined || endBeating === undefined) return
      await endLooking()
      for (const timer of delays) clearTimeout(timer)
      const hurry = setTimeout(slots.hurry, Math.max(0, grace - windUp))
      await slots.close()
      clearTimeout(hurry)
      await endBeating()
      await endLease(store, worker).catch(() => {})
    },
  }
}
