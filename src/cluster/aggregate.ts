import type { MetricReading } from '../metrics/exposition.ts'
import { type Asked, askAll } from './ask-all.ts'

/** The metrics of all workers as one. */
export interface Aggregate {
  /** Asks all workers that are there; for one that does not answer in time, what it last said counts. */
  text(workers: Iterable<Asked<MetricReading[]>>): Promise<string>
  /** What a worker counted until it was last asked goes on to count; what it held is gone with it. */
  depart(pid: number): void
}

export function createAggregate(): Aggregate {
  const latest = new Map<number, readonly MetricReading[]>()
  /** Counters must not decrease, or a rate is made of their whole value. */
  let departed: readonly MetricReading[] = []

  return {
    async text(workers) {
      for (const [pid, readings] of await askAll(workers)) latest.set(pid, readings)
      // Loaded at the first scrape: a primary needs it for nothing else.
      const { AggregatorRegistry } = await import('prom-client')
      return AggregatorRegistry.aggregate([...latest.values(), departed] as object[]).metrics()
    },
    depart(pid) {
      const counted = (latest.get(pid) ?? []).filter(({ type, aggregator }) => type !== 'gauge' && aggregator === 'sum')
      latest.delete(pid)
      departed = sum(departed, counted)
    },
  }
}

/** Adds two readings up; there are few worker processes that end, so that this is no place for speed. */
function sum(one: readonly MetricReading[], other: readonly MetricReading[]): MetricReading[] {
  const byName = new Map(one.map((metric) => [metric.name, metric]))
  for (const metric of other) {
    const known = byName.get(metric.name)
    byName.set(metric.name, known === undefined ? metric : { ...metric, values: sumValues([...known.values, ...metric.values]) })
  }
  return [...byName.values()]
}

function sumValues(values: readonly MetricReading['values'][number][]): MetricReading['values'] {
  const bySeries = new Map<string, MetricReading['values'][number]>()
  for (const sample of values) {
    const series = JSON.stringify([sample.metricName, sample.labels])
    bySeries.set(series, { ...sample, value: sample.value + (bySeries.get(series)?.value ?? 0) })
  }
  return [...bySeries.values()]
}
