/**
 * One boot, for `bench/boot.ts`: `node bench/boot/listen.ts <module of the gateway> <options of planGateway as JSON>` prints a `Boot` as
 * a line of JSON.
 */
import { enableCompileCache } from 'node:module'

/** Milliseconds of the clock and of CPU time, that of all threads. */
interface Taken {
  readonly wall: number
  readonly cpu: number
}

export interface Boot {
  /** From the start of the process. */
  readonly imported: Taken
  /** From the end of the imports until it listens. */
  readonly listening: Taken
  /** From the end of the imports until every validator is compiled. */
  readonly compiled: Taken
  /** Resident memory in MiB then. */
  readonly memory: number
}

// As the `gatefold` command does.
enableCompileCache()
const [module, options] = process.argv.slice(2) as [string, string]
const { planGateway } = (await import(module)) as typeof import('../../src/index.ts')
const imported = since({ wall: 0, cpu: 0 })

function since(before: Taken): Taken {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now() - before.wall, cpu: (user + system) / 1000 - before.cpu }
}

const plan = await planGateway({ ...JSON.parse(options), port: 0 })
const gateway = await plan.start()
const listening = since(imported)
await plan.warm()
const boot: Boot = { imported, listening, compiled: since(imported), memory: process.memoryUsage.rss() / 1024 ** 2 }
console.log(JSON.stringify(boot))
await gateway.stop()
process.exit()
