/** Milliseconds over which rates and percentiles are taken. */
const span = 60_000

/** Keeps what the server counted, and says what happened within the last minute (or since the page was opened). */
export function createHistory() {
  const readings = []
  return {
    add(traffic) {
      const now = performance.now()
      const last = readings.at(-1)
      // A process that was started anew counts from the beginning.
      if (last !== undefined && total(traffic) < total(last.traffic)) readings.length = 0
      readings.push({ at: now, traffic })
      while (readings.length > 2 && now - readings[1].at > span) readings.shift()
    },
    /** By operation: answers a second, the share of 4xx and 5xx, the 95th percentile in milliseconds, and totals. */
    now() {
      const [first, last] = [readings[0], readings.at(-1)]
      if (last === undefined) return new Map()
      const seconds = (last.at - first.at) / 1000
      return new Map(
        Object.entries(last.traffic.operations).map(([id, counted]) => {
          const before = first === last ? undefined : first.traffic.operations[id]
          return [id, measure(counted, before, first === last ? 0 : seconds, last.traffic.buckets)]
        }),
      )
    },
  }
}

function total({ operations }) {
  return Object.values(operations).reduce((all, { durations }) => all + sum(durations), 0)
}

const sum = (numbers) => numbers.reduce((all, number) => all + number, 0)

function measure(counted, before, seconds, buckets) {
  const durations = counted.durations.map((count, index) => count - (before?.durations[index] ?? 0))
  const answers = (digit) => (counted.answers[digit] ?? 0) - (before?.answers[digit] ?? 0)
  const requests = sum(durations)
  const recent = seconds > 0 && requests > 0
  return {
    total: sum(counted.durations),
    refused: counted.refused,
    rate: seconds > 0 ? requests / seconds : undefined,
    clientErrors: recent ? answers('4') / requests : undefined,
    serverErrors: recent ? answers('5') / requests : undefined,
    p95: recent ? percentile(0.95, durations, buckets) : undefined,
  }
}

/** In milliseconds; within a bucket durations are taken to lie evenly. Of what is longer than all buckets only that is known. */
export function percentile(share, counts, buckets) {
  const rank = share * sum(counts)
  let passed = 0
  for (let i = 0; i < buckets.length; i++) {
    const lower = i === 0 ? 0 : buckets[i - 1]
    if (passed + counts[i] >= rank) return (lower + (buckets[i] - lower) * ((rank - passed) / counts[i])) * 1000
    passed += counts[i]
  }
  return buckets.at(-1) * 1000
}
