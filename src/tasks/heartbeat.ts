import type { Logger } from 'pino'
import type { TaskDefinitions } from './definition.ts'
import { failLost, lease, recoverLostTasks, releaseHeldTasks, renewLease } from './lease.ts'
import type { Settle } from './settle.ts'
import type { Slots } from './slots.ts'
import type { TaskStore } from './store.ts'

/**
 * One beat of a worker: renews its lease, stops what it may not run any more, and takes over what dead workers ran.
 * Gives a function to call every `lease.beat` milliseconds.
 */
export function createHeartbeat(
  store: TaskStore,
  definitions: TaskDefinitions,
  settle: Settle,
  slots: Slots,
  worker: string,
  log: Logger,
): () => Promise<void> {
  let lastBeat = performance.now()
  /** Tasks that the tables give to this worker though it does not run them: the answer to a claim or the writing of an end was lost. */
  let strays = new Set<string>()

  return async function beat() {
    const before = slots.running()
    const held = await renewLease(store, worker)
    const mine = new Map(held.map((task) => [task.id, task]))
    for (const { id, fence } of before) {
      const task = mine.get(id)
      if (task?.fence !== fence) slots.stop(id, 'TaskLost')
      else if (task.cancel_requested) slots.stop(id, 'TaskCancelled')
    }

    const known = new Set([...before, ...slots.running()].map(({ id }) => id))
    const stray = held.filter(({ id }) => !known.has(id))
    // Only at the second beat: a claim that is just being answered looks the same.
    for (const task of stray) if (strays.has(task.id)) await failLost(definitions, settle, task, log)
    strays = new Set(stray.map(({ id }) => id))

    // Whoever could not reach the database for a while must not judge the others: they may not have either.
    const steady = performance.now() - lastBeat < lease.lapse
    lastBeat = performance.now()
    if (!steady) return
    await recoverLostTasks(store, definitions, settle, log)
    await releaseHeldTasks(store, definitions)
  }
}
