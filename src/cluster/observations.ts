import { keepRecentRequests, type RecentRequest } from '../ops/recent-requests.ts'
import { addTraffic, type Traffic } from '../ops/traffic.ts'
import { type Asked, askAll } from './ask-all.ts'

/** What the workers tell the operator page, as one. For one that does not answer in time, what it last said counts. */
export interface Observations {
  traffic(workers: Iterable<Asked<Traffic>>): Promise<Traffic>
  /** `ask` asks each worker for its own requests behind one of its numbers; those of all are numbered anew. */
  requests(ask: (behind: (pid: number) => number) => Iterable<Asked<RecentRequest[]>>, after: number): Promise<RecentRequest[]>
  /** What a worker counted goes on to count. */
  depart(pid: number): void
}

const none: Traffic = { buckets: [], operations: {} }

export function keepObservations(): Observations {
  const latest = new Map<number, Traffic>()
  let departed = none
  const recent = keepRecentRequests()
  /** The number of the last request that each worker has told. */
  const told = new Map<number, number>()
  let gathering: Promise<void> = Promise.resolve()

  async function gather(ask: Parameters<Observations['requests']>[0]): Promise<void> {
    const answers = await askAll(ask((pid) => told.get(pid) ?? 0))
    for (const [pid, [newest]] of answers) if (newest !== undefined) told.set(pid, newest.number)
    for (const request of [...answers.values()].flat().sort((a, b) => a.at - b.at)) recent.add(request)
  }

  return {
    async traffic(workers) {
      for (const [pid, traffic] of await askAll(workers)) latest.set(pid, traffic)
      return [...latest.values()].reduce(addTraffic, departed)
    },
    async requests(ask, after) {
      // One after the other, so that no worker tells the same twice.
      gathering = gathering.then(() => gather(ask))
      await gathering
      return recent.after(after)
    },
    depart(pid) {
      departed = addTraffic(departed, latest.get(pid) ?? none)
      latest.delete(pid)
      told.delete(pid)
    },
  }
}
