import { isatty } from 'node:tty'
import type { Logger } from 'pino'
import { BootError } from '../documents/diagnostics.ts'
import type { Gateway, Plan } from '../gateway.ts'
import type { Reload } from '../generations.ts'
import type { Log } from '../serve/log.ts'
import type { Role } from '../services/service.ts'
import { banner } from './banner.ts'
import { UsageError } from './command.ts'
import { economize } from './memory.ts'
import { report, reportFindings } from './report.ts'

/** Starts a plan and serves until the process is told to stop; gives the exit code. */
export async function serve(plan: Plan, role: Role = 'all'): Promise<number> {
  if (!report(plan)) return 1
  const gateway = await startPlan(plan)
  outliveReaders()
  process.stdout.write(banner(gateway, role, process.uptime() * 1000))
  const hungUp = hangUpDetector()
  process.on('SIGHUP', () => (hungUp() ? process.kill(process.pid, 'SIGTERM') : void reloadLoudly(gateway)))
  await stopOnSignal(gateway, role, ['SIGTERM', 'SIGINT'])
  return 0
}

/** Starts a plan; what keeps it from starting is said in words, and faults of handlers are logged from now on. */
export async function startPlan(plan: Plan): Promise<Gateway> {
  surviveFaults(plan.log)
  const gateway = await plan.start().catch((error: unknown) => {
    if (error instanceof BootError) throw error
    throw new Error(startFailure(error))
  })
  void economize(gateway)
  return gateway
}

/** Whoever reads the output may leave; the callers of the API are still there. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error').on('error', () => {})
}

/** A closed terminal sends the same signal as whoever wants a reload; nobody is there any more to stop what it leaves behind. */
export function hangUpDetector(): () => boolean {
  const terminal = isatty(0)
  return () => terminal && !isatty(0)
}

async function reloadLoudly(gateway: Gateway): Promise<void> {
  await gateway.reload()
  reportReload(gateway)
}

/** Shows what came of the last reload. */
export function reportReload({ state: { lastReload }, plan }: Gateway): void {
  if (lastReload === undefined) return
  logReload(plan.log.log, lastReload)
  if (process.stderr.isTTY) reportFindings(lastReload.diagnostics, plan.directory)
}

/** Writes what came of a reload into the log; what was not applied is an error, with everything that kept it from being applied. */
export function logReload(log: Logger, { outcome, generation, ms, diagnostics, error, changes }: Reload): void {
  const fields = { generation, ms: Math.round(ms) }
  const goesOn = `generation ${generation} goes on serving`
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (outcome === 'applied') log.info({ ...fields, ...changes }, 'reloaded')
  else if (outcome === 'failed') log.error({ ...fields, reason: error }, `the reload failed: ${goesOn}`)
  else log.error({ ...fields, diagnostics: errors }, `the reload was refused, the documents have errors: ${goesOn}`)
}

/**
 * A promise that a handler rejects and nobody awaits harms nobody else: it is logged. After an exception that nothing caught
 * the process cannot be trusted any more: it is logged and ends, so that whatever supervises it starts a fresh one.
 */
function surviveFaults({ log, written }: Log): void {
  process.on('unhandledRejection', (err) => log.error({ err }, 'a rejected promise that nobody awaits'))
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'an exception that nothing caught')
    void written().then(() => process.exit(1))
  })
}

/** Reads the value of `--port`. */
export function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new UsageError(`'${text}' is no port; give a number from 0 to 65535`)
  return port
}

function startFailure(error: unknown): string {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `port ${port} is in use; stop what listens there, or choose another with PORT or --port`
  if (code === 'EACCES') return `this user may not listen on port ${port}; choose another with PORT or --port`
  return message
}

/**
 * Resolves when the process was told to stop and everything has ended; a second signal ends it at once. SIGTERM comes from what starts
 * processes, and others may have to notice; whoever presses Ctrl-C waits for nobody.
 */
export function stopOnSignal(gateway: Gateway, role: Role, signals: readonly NodeJS.Signals[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let told = false
    for (const signal of signals) {
      process.on(signal, () => {
        if (told) process.exit(130)
        told = true
        stopInOrder(gateway, role, signal === 'SIGTERM').then(resolve, reject)
      })
    }
  })
}

/** Stops a gateway, after its drain where others have to notice. */
export async function stopInOrder(gateway: Gateway, role: Role, drain: boolean): Promise<void> {
  // Nobody but probes asks a worker.
  if (drain && role !== 'worker') await gateway.drain()
  await gateway.stop()
}
