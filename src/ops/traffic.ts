import { durationBuckets, type RequestMetrics } from '../metrics/requests.ts'

/** What was counted of one operation since the process began; whoever asks twice knows what happened in between. */
export interface OperationTraffic {
  /** Answers by the first digit of their status. */
  readonly answers: Record<string, number>
  /** How many took how long: one number for each bucket, and one for those that took longer. */
  readonly durations: number[]
  /** Requests that a policy ended, by its name. */
  readonly refused: Record<string, number>
}

export interface Traffic {
  /** Upper bounds of the buckets, in seconds. */
  readonly buckets: readonly number[]
  readonly operations: Record<string, OperationTraffic>
}

/** The traffic of two processes as one. */
export function addTraffic(one: Traffic, other: Traffic): Traffic {
  const operations = { ...one.operations }
  for (const [id, more] of Object.entries(other.operations)) {
    const known = operations[id]
    operations[id] = known === undefined ? more : addOperation(known, more)
  }
  return { buckets: other.buckets.length === 0 ? one.buckets : other.buckets, operations }
}

function addOperation(one: OperationTraffic, other: OperationTraffic): OperationTraffic {
  return {
    answers: addCounts(one.answers, other.answers),
    durations: one.durations.map((count, index) => count + (other.durations[index] ?? 0)),
    refused: addCounts(one.refused, other.refused),
  }
}

function addCounts(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Record<string, number> {
  const sums = { ...one }
  for (const [name, count] of Object.entries(other)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

/** The traffic of all operations that had any. */
export function readTraffic({ durations, decisions }: RequestMetrics): Traffic {
  const operations = new Map<string, OperationTraffic>()

  function of(operation: string): OperationTraffic {
    const known = operations.get(operation)
    if (known !== undefined) return known
    const traffic = { answers: {}, durations: new Array(durationBuckets.length + 1).fill(0), refused: {} }
    operations.set(operation, traffic)
    return traffic
  }

  for (const { labels, cell } of durations.entries()) {
    const [operation = '', , , status = ''] = labels
    const traffic = of(operation)
    traffic.answers[status.charAt(0)] = (traffic.answers[status.charAt(0)] ?? 0) + cell.count
    cell.counts.forEach((count, index) => {
      traffic.durations[index] = (traffic.durations[index] as number) + count
    })
  }
  for (const { labels, cell } of decisions.entries()) {
    const [operation = '', policy = '', outcome] = labels
    if (outcome === 'admitted') continue
    const { refused } = of(operation)
    refused[policy] = (refused[policy] ?? 0) + cell.value
  }
  return { buckets: durationBuckets, operations: Object.fromEntries(operations) }
}
