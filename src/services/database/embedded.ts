import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { lockDirectory } from './directory-lock.ts'
import { EmbeddedStream } from './embedded-stream.ts'
import type { EmbeddedOptions } from './embedded-worker.ts'
import { DatabaseUnavailable } from './unavailable.ts'

/** The embedded Postgres in its worker thread; restarted when it crashes. */
export interface Embedded {
  start(): Promise<void>
  stop(): Promise<void>
  /** A connection for node-postgres' `stream` option. */
  stream(): EmbeddedStream
}

/** First and longest pause before a crashed worker is started again, in milliseconds; doubled each time in between. */
const restartPause = { first: 100, longest: 5000 }
/** A worker that ran this long has recovered: the next crash counts as the first again. */
const recovered = 60_000

/** In-memory instead of in a directory; all is lost at `stop`. */
export const memory = 'memory://'

/** The embedded database of `dataDir` (absolute, or `memory://`). Nothing is touched before `start`. */
export function createEmbedded(dataDir: string, log: Logger): Embedded {
  let worker: Worker | undefined
  let unlock: (() => void) | undefined
  let restart: NodeJS.Timeout | undefined
  let pause = restartPause.first
  let running = false

  async function launch(): Promise<void> {
    const cluster = dataDir === memory ? memory : join(dataDir, 'database')
    const launched = new Worker(workerFile, { workerData: { cluster } satisfies EmbeddedOptions, execArgv: [] })
    const startedAt = Date.now()
    // `once` rejects with the worker's 'error' when it dies while it starts.
    await once(launched, 'message')
    worker = launched
    launched.on('error', (error) => log.error({ err: error }, 'the embedded database crashed'))
    launched.once('exit', () => {
      worker = undefined
      if (Date.now() - startedAt > recovered) pause = restartPause.first
      if (running) relaunch()
    })
  }

  function relaunch(): void {
    restart = setTimeout(() => {
      launch().catch((error: Error) => {
        log.error({ err: error }, 'the embedded database could not be started again')
        if (running) relaunch()
      })
    }, pause)
    pause = Math.min(pause * 2, restartPause.longest)
  }

  async function start(): Promise<void> {
    if (dataDir !== memory) {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      unlock = lockDirectory(dataDir)
    }
    try {
      await launch()
      running = true
    } catch (error) {
      unlock?.()
      throw new Error(`the embedded database in ${dataDir} could not be started: ${(error as Error).message}`, { cause: error })
    }
  }

  async function stop(): Promise<void> {
    running = false
    clearTimeout(restart)
    if (worker) {
      const exited = once(worker, 'exit')
      worker.postMessage('close')
      await exited
    }
    unlock?.()
    unlock = undefined
  }

  function current(): Worker {
    if (worker) return worker
    throw new DatabaseUnavailable(running ? 'the embedded database is being restarted' : 'the embedded database is not running')
  }

  return { start, stop, stream: () => new EmbeddedStream(current) }
}

/** Sources run as they are (.ts); the published package is compiled (.js). */
const workerFile = new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url)
