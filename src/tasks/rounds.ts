import { AsyncLocalStorage } from 'node:async_hooks'

/** What one round takes at most, so that its statements stay small: items, and characters of them. What is larger has a round of its own. */
const most = { items: 50, size: 256 * 1024 }

/** SQLSTATE classes 22 (a value), 23 (a constraint) and 54 (a limit): the fault of one item, for which the others must not fail. */
const faultOfOne = /^(22|23|54)/

/**
 * Does for many at once what each asks for alone: what comes while a round is under way shares the next one, so a busy process commits
 * seldom and an idle one does not wait. `work` does all of a round or, when it rejects, nothing; it gives a result for each, in order.
 * Items of one key share; those of others neither wait for them nor fail with them. `sizeOf` gives the characters of an item.
 */
export function createRounds<Key extends object, Item, Result>(
  work: (key: Key, items: readonly Item[]) => Promise<readonly Result[]>,
  sizeOf: (item: Item) => number,
): (key: Key, item: Item) => Promise<Result> {
  interface Entry {
    item: Item
    /** Calls a function in the asynchronous context of whoever asked: a round is part of what its first item is part of. */
    within: ReturnType<typeof AsyncLocalStorage.snapshot>
    resolve: (result: Result) => void
    reject: (reason: unknown) => void
  }
  /** What waits for the next round of each key that has one under way. */
  const waiting = new Map<Key, Entry[]>()

  async function runAll(key: Key, entries: Entry[]): Promise<void> {
    // One turn of the loop, so that what comes together begins together.
    await new Promise(setImmediate)
    while (entries.length > 0) await runRound(key, entries.splice(0, fitting(entries)))
    waiting.delete(key)
  }

  /** How many of these one round takes. */
  function fitting(entries: readonly Entry[]): number {
    let count = 0
    let size = 0
    for (const { item } of entries.slice(0, most.items)) {
      size += sizeOf(item)
      if (size > most.size && count > 0) break
      count++
    }
    return count
  }

  async function runRound(key: Key, entries: readonly Entry[]): Promise<void> {
    const items = entries.map(({ item }) => item)
    try {
      const results = await (entries[0] as Entry).within(work, key, items)
      for (const [index, { resolve }] of entries.entries()) resolve(results[index] as Result)
    } catch (error) {
      if (entries.length > 1 && faultOfOne.test(codeOf(error))) for (const entry of entries) await runRound(key, [entry])
      else for (const { reject } of entries) reject(error)
    }
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const entries = waiting.get(key) ?? []
      entries.push({ item, within: AsyncLocalStorage.snapshot(), resolve, reject })
      if (waiting.has(key)) return
      waiting.set(key, entries)
      void runAll(key, entries)
    })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
