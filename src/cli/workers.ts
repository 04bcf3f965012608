import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { type Membership, membershipVariable } from '../cluster/membership.ts'
import { startPrimary } from '../cluster/primary.ts'
import { type GatewayOptions, planGateway } from '../gateway.ts'
import type { Role } from '../services/service.ts'
import { bannerHead, bannerRow, bannerRows } from './banner.ts'
import { UsageError } from './command.ts'
import { report } from './report.ts'
import { hangUpDetector, outliveReaders, reportReload, startPlan, stopInOrder } from './serve.ts'

const most = 1024

/** Reads the value of `--workers`. */
export function workerCount(text: string): number {
  if (text === 'auto') return availableParallelism()
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > most)
    throw new UsageError(`'${text}' is no number of workers; give one from 1 to ${most}, or auto: one for each processor`)
  return count
}

/** Starts the same command once for each worker and keeps them running until told to stop; gives the exit code. */
export async function runWorkers(workers: number, role: Role): Promise<number> {
  outliveReaders()
  const primary = startPrimary({
    workers,
    launch(worker, ports) {
      const place = [worker, ...ports].join(':')
      return fork(process.argv[1] as string, process.argv.slice(2), { env: { ...process.env, [membershipVariable]: place } })
    },
    ready({ rows }, pids) {
      const processes = bannerRow('workers', `${workers}, processes ${pids.join(', ')}`)
      process.stdout.write(`${bannerHead(role, process.uptime() * 1000)}${rows}${processes}\n`)
    },
    say: (line) => void process.stderr.write(`gatefold: ${line}\n`),
  })

  let told = false
  function stop(drain: boolean): void {
    if (told) {
      primary.kill()
      process.exit(130)
    }
    told = true
    primary.stop({ drain })
  }
  const hungUp = hangUpDetector()
  process.on('SIGHUP', () => (hungUp() ? stop(true) : primary.reload()))
  process.on('SIGTERM', () => stop(true))
  process.on('SIGINT', () => stop(false))
  return primary.ended
}

/** Serves as one of several workers until told to stop; gives the exit code. */
export async function serveAsWorker(options: GatewayOptions, role: Role, { cluster, serve }: Membership): Promise<number> {
  // A terminal, or a supervisor, sends its signals to all processes; it is the primary that decides what they mean.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  const plan = await planGateway({ ...options, role, cluster })
  // Warnings are the same in all workers.
  if ((plan.hasErrors || cluster.port === undefined) && !report(plan)) return 1
  const gateway = await startPlan(plan)
  outliveReaders()
  return new Promise((resolve, reject) => {
    const stop = ({ drain }: { drain: boolean }) => void stopInOrder(gateway, role, drain).then(() => resolve(0), reject)
    // Whoever ends one worker wants another in its place.
    process.on('SIGTERM', () => stop({ drain: true }))
    serve(
      {
        port: portOf(gateway.url),
        metricsPort: gateway.metricsUrl === undefined ? undefined : portOf(gateway.metricsUrl),
        rows: bannerRows(gateway, role),
      },
      {
        reload: async (agree) => ({ outcome: (await gateway.reload(agree)).outcome }),
        report: () => reportReload(gateway),
        stop,
      },
    )
  })
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
