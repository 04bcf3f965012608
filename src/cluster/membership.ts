import type { Exposition } from '../metrics/exposition.ts'
import type { Observation } from '../ops/observation.ts'
import { type Channel, openChannel } from './channel.ts'
import type { Cluster } from './cluster.ts'
import type { Serving, ToPrimary, ToWorker } from './messages.ts'
import { createSharedCounters } from './shared-counters.ts'

/** What a worker does when the primary says so. */
export interface WorkerActions {
  /** Reads everything anew, and asks `agree` before it counts. */
  reload(agree: () => Promise<boolean>): Promise<ReturnType<ToWorker['reload']>>
  report(): void
  stop(how: { drain: boolean }): void
}

/** This process as a worker of a cluster. */
export interface Membership {
  readonly cluster: Cluster
  /** Tells that this worker serves; from now on it does what it is told. Before, it can only be ended. */
  serve(serving: Serving, actions: WorkerActions): void
}

/** How the primary tells a process which worker it is: its number, and the ports of the others once there are some. */
export const membershipVariable = 'GATEFOLD_WORKER'

/** Undefined in a process that no primary has started. */
export function joinCluster(): Membership | undefined {
  const { [membershipVariable]: place } = process.env
  if (place === undefined || process.send === undefined) return undefined
  // What handlers start is no worker.
  delete process.env[membershipVariable]
  const [worker, port, metricsPort] = place.split(':').map(Number) as [number, number?, number?]
  let actions: WorkerActions | undefined
  let exposition: Exposition | undefined
  let observation: Observation | undefined

  const channel: Channel<ToPrimary> = openChannel<ToPrimary, ToWorker>(process as never, {
    reload: async () => (await actions?.reload(async () => (await channel.ask('agree', null)) ?? false)) ?? { outcome: 'failed' },
    report: () => actions?.report(),
    stop: (how) => (actions === undefined ? process.exit(0) : actions.stop(how)),
    metrics: async () => (await exposition?.readings()) ?? [],
    traffic: () => observation?.traffic(),
    requests: (after) => observation?.requests(after) ?? [],
    settle: () => counters.settle(),
  })
  const counters = createSharedCounters(channel)
  // Without a primary nobody would start or end the others: whoever supervises it starts them all anew.
  process.once('disconnect', () => (actions === undefined ? process.exit(1) : actions.stop({ drain: true })))

  return {
    cluster: {
      worker,
      port,
      metricsPort,
      counters,
      exposition(own) {
        exposition = own
        return { ...own, text: async () => (await channel.ask('metrics', null)) ?? own.text() }
      },
      observation(own) {
        observation = own
        return {
          traffic: async () => (await channel.ask('traffic', null)) ?? own.traffic(),
          requests: async (after) => (await channel.ask('requests', after)) ?? own.requests(after),
        }
      },
    },
    serve(serving, todo) {
      actions = todo
      channel.tell('serving', serving)
    },
  }
}
