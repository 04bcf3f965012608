import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Gateway } from '../gateway.ts'

/** Gives back what only the boot needed, and keeps what is resident from growing with the time that the process is under load. */
export async function economize(gateway: Gateway): Promise<void> {
  await returnBootMemory(gateway)
  growYoungGenerationWhereItPays()
}

/**
 * Gives the memory back that only a boot needed, once nothing of it is left to do: V8 would keep it, and a young generation that has
 * grown with it, for the life of the process (with 1,000 operations about 50 MiB). The process pauses for it once (40 to 75 ms).
 */
async function returnBootMemory({ warmed }: Gateway): Promise<void> {
  await warmed
  // An ordinary collection does not shrink the young generation.
  setFlagsFromString('--expose-gc')
  const collect: NodeJS.GCFunction = runInNewContext('gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** What @types/node leaves out of the entries of type 'gc'. */
type GarbageCollection = PerformanceEntry & { readonly detail: { readonly kind: number } }

/** Bytes of the young generation, both halves of it, up to which it may grow whatever that brings. */
const small = 8 * 1024 ** 2
/** Share of the CPU time that collections of the young generation may take before it grows further. */
const bearable = 0.03
/** Milliseconds. */
const lookFor = 500
const restFor = 2000

/**
 * V8 doubles the young generation each time that as much has survived in it as it holds, up to 128 MiB: even the few objects that belong
 * to requests under way get it there within minutes of steady load, for about a twentieth less CPU time. Here it grows only while its
 * collections cost more, as they do where many requests wait for others. Whoever starts the process with a size of his own decides.
 */
function growYoungGenerationWhereItPays(): void {
  if (/semi[-_]space/.test(`${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`)) return
  let grows = true
  async function look(): Promise<void> {
    // Also later on: V8 makes it smaller in idle times.
    const isSmall = youngGeneration() < small
    const pays = isSmall || (await isCollectingCostly())
    if (pays !== grows) setFlagsFromString(`--semi-space-growth-factor=${pays ? 2 : 1}`)
    grows = pays
    setTimeout(look, pays ? lookFor : restFor).unref()
  }
  void look()
}

function youngGeneration(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}

/** Looks on for a while, which takes up to 1 % of the CPU time while it does. */
async function isCollectingCostly(): Promise<boolean> {
  const pauses: number[] = []
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as GarbageCollection[])
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) pauses.push(duration)
  })
  const before = process.cpuUsage()
  observer.observe({ type: 'gc' })
  await wait(lookFor, undefined, { ref: false })
  observer.disconnect()
  const { user, system } = process.cpuUsage(before)
  // On a busy machine most pauses are longer than the work that is done in them.
  const undisturbed = pauses.sort((a, b) => a - b)[pauses.length >> 2] ?? 0
  return undisturbed * pauses.length * 1000 > (user + system) * bearable
}
