/** Items that one round takes at most, so that its statements stay short. */
const most = 50

/** SQLSTATE classes 22 (a value), 23 (a constraint) and 54 (a limit): the fault of one item, for which the others must not fail. */
const faultOfOne = /^(22|23|54)/

/**
 * Does for many at once what each asks for alone: what comes while a round is under way shares the next one, so a busy process commits
 * seldom and an idle one does not wait. `work` does all of a round or, when it rejects, nothing; it gives a result for each, in order.
 * Items of one key share; those of others neither wait for them nor fail with them.
 */
export function createRounds<Key extends object, Item, Result>(
  work: (key: Key, items: readonly Item[]) => Promise<readonly Result[]>,
): (key: Key, item: Item) => Promise<Result> {
  interface Entry {
    item: Item
    resolve: (result: Result) => void
    reject: (reason: unknown) => void
  }
  /** What waits for the next round of each key that has one under way. */
  const waiting = new Map<Key, Entry[]>()

  async function runAll(key: Key, entries: Entry[]): Promise<void> {
    // One turn of the loop, so that what comes together begins together.
    await new Promise(setImmediate)
    while (entries.length > 0) await runRound(key, entries.splice(0, most))
    waiting.delete(key)
  }

  async function runRound(key: Key, entries: readonly Entry[]): Promise<void> {
    try {
      const results = await work(
        key,
        entries.map(({ item }) => item),
      )
      for (const [index, { resolve }] of entries.entries()) resolve(results[index] as Result)
    } catch (error) {
      if (entries.length > 1 && faultOfOne.test(codeOf(error))) for (const entry of entries) await runRound(key, [entry])
      else for (const { reject } of entries) reject(error)
    }
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const entries = waiting.get(key) ?? []
      entries.push({ item, resolve, reject })
      if (waiting.has(key)) return
      waiting.set(key, entries)
      void runAll(key, entries)
    })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
