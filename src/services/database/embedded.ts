import { once } from 'node:events'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { makeDirectory } from '../../make-directory.ts'
import { lockDirectory } from './directory-lock.ts'
import { EmbeddedStream } from './embedded-stream.ts'
import type { EmbeddedOptions } from './embedded-worker.ts'
import { DatabaseUnavailable } from './unavailable.ts'

/** The embedded Postgres in its worker thread; started again when it crashes. */
export interface Embedded {
  start(): Promise<void>
  stop(): Promise<void>
  /** A connection for node-postgres' `stream` option. */
  stream(): EmbeddedStream
}

/** First and longest pause before a crashed worker is started again, in milliseconds; doubled each time in between. */
const restartPause = { first: 100, longest: 5000 }
/** A worker that ran this long, in milliseconds, has recovered: the next crash counts as the first again. */
const recovered = 60_000
/** The cluster's place in the data directory. */
export const clusterName = 'database'

/**
 * The embedded database in `dataDir` (absolute). Nothing is touched before `start`. A worker that does not answer for
 * `answerTimeout` milliseconds is ended: Postgres' own statement_timeout needs signals, which it has not got there.
 */
export function createEmbedded(dataDir: string, log: Logger, answerTimeout = 60_000): Embedded {
  let worker: Worker | undefined
  let unlock: (() => void) | undefined
  let restart: NodeJS.Timeout | undefined
  let launching: Promise<void> | undefined
  let pause = restartPause.first
  let running = false

  async function launch(): Promise<void> {
    const launched = new Worker(workerFile, {
      workerData: { cluster: join(dataDir, clusterName) } satisfies EmbeddedOptions,
      execArgv: [],
      // Room for Postgres' own max_stack_depth; with Node's 4 MB a deep recursion hangs the thread instead of failing (54001).
      resourceLimits: { stackSizeMb: 16 },
    })
    const startedAt = Date.now()
    // Rejects with the worker's 'error' when it dies while it starts.
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
      launching = launch().catch((error: Error) => {
        log.error({ err: error }, 'the embedded database could not be started again')
        if (running) relaunch()
      })
    }, pause)
    pause = Math.min(pause * 2, restartPause.longest)
  }

  async function start(): Promise<void> {
    try {
      makeDirectory(dataDir, 0o700)
    } catch (error) {
      throw new Error(`database.dataDir '${dataDir}' cannot be made: ${(error as Error).message}`, { cause: error })
    }
    unlock = lockDirectory(dataDir)
    try {
      await launch()
      running = true
    } catch (error) {
      unlock()
      throw new Error(`the embedded database in ${dataDir} could not be started: ${(error as Error).message}`, { cause: error })
    }
  }

  async function stop(): Promise<void> {
    running = false
    clearTimeout(restart)
    await launching
    if (worker) {
      const exited = once(worker, 'exit')
      worker.postMessage('close')
      await exited
    }
    unlock?.()
    unlock = undefined
  }

  const peer = {
    answerTimeout,
    worker() {
      if (worker) return worker
      throw new DatabaseUnavailable(running ? 'the embedded database is being restarted' : 'the embedded database is not running')
    },
    onSilence(silent: Worker) {
      log.error({ seconds: answerTimeout / 1000 }, 'the embedded database did not answer a statement; it is restarted')
      if (worker === silent) worker = undefined
      silent.terminate()
    },
  }
  return { start, stop, stream: () => new EmbeddedStream(peer) }
}

/** Sources run as they are (.ts); the published package is compiled (.js). */
const workerFile = new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url)
