import type { ChildProcess } from 'node:child_process'
import { createAggregate } from './aggregate.ts'
import { restartPauses } from './backoff.ts'
import { type Channel, openChannel } from './channel.ts'
import { keepSharedLimits } from './limits.ts'
import type { Serving, ToPrimary, ToWorker } from './messages.ts'
import { keepObservations } from './observations.ts'
import { openVote, type Vote } from './vote.ts'

export interface PrimaryOptions {
  /** How many workers there are to be. */
  readonly workers: number
  /** Starts the process of a worker: its number from 1, and the ports of the others once there are some. */
  launch(worker: number, ports: readonly number[]): ChildProcess
  /** Called once, when all serve, with what the first says and the process ids. */
  ready(serving: Serving, pids: readonly number[]): void
  /** Says what an operator has to know, a line. */
  say(line: string): void
}

/** Keeps the workers of a cluster running. */
export interface Primary {
  /** Resolves when all have ended: 0, or 1 when the start failed or a worker did not end in order. */
  readonly ended: Promise<number>
  /** All workers go over to what the documents say now, or none does. */
  reload(): void
  stop(how: { drain: boolean }): void
  /** Ends all at once. */
  kill(): void
}

interface Worker {
  readonly number: number
  readonly pauseAfter: (livedMs: number) => number
  process: ChildProcess
  channel: Channel<ToWorker>
  startedAt: number
  state: 'starting' | 'serving' | 'ended'
  restart?: NodeJS.Timeout
}

/** The first worker starts alone: what is wrong is said once, and what has to be made once is there for the others. */
export function startPrimary({ workers: wanted, launch, ready, say }: PrimaryOptions): Primary {
  const workers: Worker[] = []
  const limits = keepSharedLimits(wanted, () => Promise.all(serving().map(({ channel }) => channel.ask('settle', null))))
  const aggregate = createAggregate()
  const observations = keepObservations()
  const { promise: ended, resolve: end } = Promise.withResolvers<number>()
  let first: Serving | undefined
  let phase: 'starting' | 'running' | 'stopping' = 'starting'
  let exitCode = 0
  let vote: Vote | undefined
  let reloading: Promise<void> = Promise.resolve()
  const settled = new Set<() => void>()

  const serving = () => workers.filter(({ state }) => state === 'serving')
  const each = <Said>(ask: (channel: Channel<ToWorker>, pid: number) => Promise<Said | undefined>) =>
    serving().map(({ process: { pid = 0 }, channel }) => ({ pid, ask: () => ask(channel, pid) }))

  function add(number: number): void {
    const worker = { number, pauseAfter: restartPauses() } as Worker
    workers.push(worker)
    begin(worker)
  }

  function begin(worker: Worker): void {
    worker.process = launch(worker.number, first === undefined ? [] : portsOf(first))
    worker.channel = openChannel<ToWorker, ToPrimary>(worker.process, {
      ...limits.handlersFor(),
      serving: (serving) => began(worker, serving),
      agree: () => vote?.yes(worker.number) ?? false,
      metrics: () => aggregate.text(each((channel) => channel.ask('metrics', null))),
      traffic: () => observations.traffic(each((channel) => channel.ask('traffic', null))),
      requests: (after) => observations.requests((behind) => each((channel, pid) => channel.ask('requests', behind(pid))), after),
    })
    worker.startedAt = performance.now()
    worker.state = 'starting'
    worker.process.once('exit', (code, signal) => over(worker, code, signal))
    worker.process.on('error', ({ message }) => {
      if (worker.process.pid !== undefined) return
      say(`worker ${worker.number} cannot be started: ${message}`)
      over(worker, 1, null)
    })
  }

  function began(worker: Worker, serving: Serving): void {
    worker.state = 'serving'
    tellSettled()
    if (phase !== 'starting') return
    first ??= serving
    if (workers.length < wanted) for (let number = 2; number <= wanted; number++) add(number)
    else if (workers.every(({ state }) => state === 'serving')) {
      phase = 'running'
      ready(
        first,
        workers.map(({ process }) => process.pid as number),
      )
    }
  }

  function over(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    worker.state = 'ended'
    void vote?.yes(worker.number)
    for (const kept of [aggregate, observations]) kept.depart(worker.process.pid ?? 0)
    tellSettled()
    if (phase !== 'running' && code !== 0) exitCode = 1
    // Whoever does not get through the first start would not get through the next.
    if (phase === 'starting') stop({ drain: false })
    if (phase === 'stopping') return endWithLast()
    const pause = worker.pauseAfter(performance.now() - worker.startedAt)
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`
    say(`worker ${worker.number} (process ${worker.process.pid}) ended ${how}; another takes its place in ${pause} ms`)
    worker.restart = setTimeout(begin, pause, worker)
  }

  function stop(how: { drain: boolean }): void {
    phase = 'stopping'
    for (const worker of workers) {
      clearTimeout(worker.restart)
      if (worker.state !== 'ended') worker.channel.tell('stop', how)
    }
    endWithLast()
  }

  function endWithLast(): void {
    if (workers.every(({ state }) => state === 'ended')) end(exitCode)
  }

  function tellSettled(): void {
    for (const look of settled) look()
  }

  /** A worker that starts may have read what was there before. */
  function allSettled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (workers.length < wanted || workers.some(({ state }) => state === 'starting')) return
      settled.delete(look)
      resolve()
    }
    settled.add(look)
    look()
    return promise
  }

  async function reloadAll(): Promise<void> {
    await allSettled()
    const voters = serving()
    const round = openVote(voters.map(({ number }) => number))
    vote = round
    const results = await Promise.all(
      voters.map(async (worker) => {
        const result = await worker.channel.ask('reload', null)
        // The first that cannot is the one that knows why.
        if (result?.outcome !== 'applied' && result !== undefined && round.no()) worker.channel.tell('report', null)
        return { worker, result }
      }),
    )
    vote = undefined
    results.find(({ result }) => result?.outcome === 'applied')?.worker.channel.tell('report', null)
  }

  add(1)
  return {
    ended,
    reload() {
      reloading = reloading.then(() => (phase === 'stopping' ? undefined : reloadAll()))
    },
    stop,
    kill() {
      for (const { process } of workers) process.kill('SIGKILL')
    },
  }
}

function portsOf({ port, metricsPort }: Serving): number[] {
  return metricsPort === undefined ? [port] : [port, metricsPort]
}
