import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { ServerProcess } from '../http/server-process.ts'

/** What the resident memory of a process consists of, in MiB. */
export interface Split {
  readonly resident: number
  /** The most that it has been. */
  readonly most: number
  /** Node itself and libraries; all processes on a machine share them. */
  readonly files: number
  /** V8's heap without the young generation. */
  readonly old: number
  /** Where new objects are made. What survives there makes it grow, up to what `--max-semi-space-size` allows; some of it may not be resident. */
  readonly young: number
  /** Buffers, and the sources of Node's own modules. */
  readonly external: number
  /** What the C library holds for V8's compiler, sockets and the like, less what of the heap is not resident. */
  readonly rest: number
}

const mebibyte = 1024 ** 2

/** Asks a process that `split.mjs` was loaded into; `file` is its MEMORY_SPLIT. */
export async function splitOf({ pid }: ServerProcess, file: string): Promise<Split> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const inStatus = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
  const resident = inStatus('VmRSS')
  const files = inStatus('RssFile')
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  while (!existsSync(file)) await wait(20)
  const { heapTotal, young, external }: Record<'heapTotal' | 'young' | 'external', number> = JSON.parse(
    readFileSync(file, 'utf8'),
  )
  return {
    resident,
    most: inStatus('VmHWM'),
    files,
    old: (heapTotal - young) / mebibyte,
    young: young / mebibyte,
    external: external / mebibyte,
    rest: resident - files - (heapTotal + external) / mebibyte,
  }
}
