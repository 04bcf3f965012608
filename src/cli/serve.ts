import { BootError } from '../documents/diagnostics.ts'
import type { Gateway, Plan } from '../gateway.ts'
import type { Log } from '../serve/log.ts'
import type { Role } from '../services/service.ts'
import { banner } from './banner.ts'
import { UsageError } from './command.ts'
import { report } from './report.ts'

/** Starts a plan and serves until the process is told to stop; gives the exit code. */
export async function serve(plan: Plan, role: Role = 'all'): Promise<number> {
  if (!report(plan)) return 1
  surviveFaults(plan.log)
  const gateway = await plan.start().catch((error: unknown) => {
    if (error instanceof BootError) throw error
    throw new Error(startFailure(error))
  })
  process.stdout.write(banner(gateway, role, process.uptime() * 1000))
  await stopOnSignal(gateway)
  return 0
}

/**
 * A promise that a handler rejects and nobody awaits harms nobody else: it is logged. After an exception that nothing caught
 * the process cannot be trusted any more: it is logged and ends, so that whatever supervises it starts a fresh one.
 */
function surviveFaults({ log, flush }: Log): void {
  process.on('unhandledRejection', (err) => log.error({ err }, 'a rejected promise that nobody awaits'))
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'an exception that nothing caught')
    flush()
    process.exit(1)
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

/** Resolves when the process was told to stop and everything has ended; a second signal ends it at once. */
function stopOnSignal(gateway: Gateway): Promise<void> {
  return new Promise((resolve, reject) => {
    let told = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (told) process.exit(130)
        told = true
        gateway.stop().then(resolve, reject)
      })
    }
  })
}
