import type { Logger } from 'pino'
import type { TaskDefinitions } from './definition.ts'
import { releaseHeldTasks } from './held.ts'
import { failLost, lease, recoverLostTasks, renewLease } from './lease.ts'
import type { Orphans } from './orphans.ts'
import type { Settle } from './settle.ts'
import { nameOf, type Slots } from './slots.ts'
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
  orphans: Orphans,
  worker: string,
  log: Logger,
): () => Promise<void> {
  let lastBeat = performance.now()
  /** Attempts that the tables give to this worker though it runs none of them: an answer to a claim or an end was lost. */
  let strays = new Set<string>()

  return async function beat() {
    const before = slots.running()
    const held = await renewLease(store, worker)
    const mine = new Map(held.map((task) => [nameOf(task), task]))
    for (const attempt of before) {
      const task = mine.get(nameOf(attempt))
      if (task === undefined) slots.stop(attempt, 'TaskLost')
      else if (task.cancel_requested) slots.stop(attempt, 'TaskCancelled')
    }

    const known = new Set([...before, ...slots.running()].map(nameOf))
    const stray = held.filter((task) => !known.has(nameOf(task)))
    // Only at the second beat: a claim that is just being answered looks the same.
    const lost = stray.filter((task) => strays.has(nameOf(task)))
    for (const task of lost) await failLost(definitions, settle, task, log)
    await orphans.end(lost.filter(({ operation }) => !definitions.has(operation)))
    strays = new Set(stray.map(nameOf))

    // Whoever could not reach the database for a while must not judge the others: they may not have either.
    const steady = performance.now() - lastBeat < lease.lapse
    lastBeat = performance.now()
    if (!steady) return
    await recoverLostTasks(store, definitions, settle, log)
    await orphans.look()
    await releaseHeldTasks(store, definitions)
  }
}
