import type { MetricReading } from '../metrics/exposition.ts'

/** The metrics of all workers as one. */
export interface Aggregate {
  /** Asks all workers that are there; for one that does not answer in time, what it last said counts. */
  text(workers: Iterable<MeasuredWorker>): Promise<string>
  /** What a worker counted until it was last asked goes on to count; what it held is gone with it. */
  depart(worker: number): void
}

export interface MeasuredWorker {
  readonly number: number
  read(): Promise<MetricReading[] | undefined>
}

/** Milliseconds after which a scrape goes on without a worker; more than an instrument may take. */
const patience = 3000

export function createAggregate(): Aggregate {
  const latest = new Map<number, readonly MetricReading[]>()
  /** Counters must not decrease, or a rate is made of their whole value. */
  let departed: readonly MetricReading[] = []

  async function read({ number, read }: MeasuredWorker): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, patience, undefined)
    })
    const readings = await Promise.race([read(), late])
    clearTimeout(timer)
    if (readings !== undefined) latest.set(number, readings)
  }

  return {
    async text(workers) {
      await Promise.all([...workers].map(read))
      // Loaded at the first scrape: a primary needs it for nothing else.
      const { AggregatorRegistry } = await import('prom-client')
      return AggregatorRegistry.aggregate([...latest.values(), departed] as object[]).metrics()
    },
    depart(worker) {
      const counted = (latest.get(worker) ?? []).filter(({ type, aggregator }) => type !== 'gauge' && aggregator === 'sum')
      latest.delete(worker)
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
