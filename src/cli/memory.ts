import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
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

/** Share of the CPU time that collections of the young generation may take before it grows. */
const bearable = 0.05
const lookEvery = 500

/**
 * V8 doubles the young generation each time that as much has survived in it as it holds, up to 128 MiB: even the few objects that belong
 * to requests under way get it there within a minute of steady load, although a larger one is no faster then. Here it grows only while
 * its collections cost something, as they do where many requests wait for others. Whoever starts the process with a size of his own decides.
 */
function growYoungGenerationWhereItPays(): void {
  if (/semi[-_]space/.test(`${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`)) return
  const pauses: number[] = []
  new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as GarbageCollection[])
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) pauses.push(duration)
  }).observe({ type: 'gc' })

  let grows = true
  let before = process.cpuUsage()
  const look = () => {
    const { user, system } = process.cpuUsage(before)
    // On a busy machine most pauses are longer than the work that is done in them.
    const undisturbed = pauses.sort((a, b) => a - b)[pauses.length >> 2] ?? 0
    const costly = undisturbed * pauses.length * 1000 > (user + system) * bearable
    before = process.cpuUsage()
    pauses.length = 0
    if (costly === grows) return
    grows = costly
    setFlagsFromString(`--semi-space-growth-factor=${grows ? 2 : 1}`)
  }
  setInterval(look, lookEvery).unref()
}
