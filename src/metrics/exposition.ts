import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import type { Instrument, Merge, Meter, Sample } from './meter.ts'

/** What a scrape gets: the meter's instruments and the process' own (CPU, memory, event loop, garbage collection). */
export interface Exposition {
  readonly contentType: string
  text(): Promise<string>
  /** The same as data, to be put together with what other processes measure. */
  readings(): Promise<MetricReading[]>
}

/** A metric as prom-client gives it (`getMetricsAsJSON`). */
export interface MetricReading {
  readonly name: string
  readonly help: string
  readonly type: string
  /** How those of several processes are put together; prom-client knows more ways for its own. */
  readonly aggregator: Merge | string
  readonly values: readonly Omit<Sample, 'sharedLabels'>[]
}

/** Milliseconds after which a scrape goes on without an instrument: a database that is away must not hide everything else. */
const patience = 2000

/** Presents a meter in Prometheus' text format, by prom-client. */
export function createExposition(meter: Meter): Exposition {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  let current = new Map<string, Instrument>()

  function register(name: string): void {
    const get = async () => {
      const { help, type, merge } = current.get(name) as Instrument
      return { name, help, type, values: await read(current.get(name) as Instrument), aggregator: merge ?? 'sum' }
    }
    registry.registerMetric({ name, get } as unknown as Metric)
  }

  function refresh(): void {
    const known = current
    current = new Map(meter.instruments().map((instrument) => [instrument.name, instrument]))
    for (const name of current.keys()) if (!known.has(name)) register(name)
  }

  return {
    contentType: registry.contentType,
    text() {
      refresh()
      return registry.metrics()
    },
    async readings() {
      refresh()
      const metrics = (await registry.getMetricsAsJSON()) as unknown as (Omit<MetricReading, 'values'> & { values: Sample[] })[]
      return metrics.map((metric) => ({ ...metric, values: metric.values.map(withOwnLabels) }))
    },
  }
}

function withOwnLabels({ sharedLabels, labels, ...sample }: Sample): Sample {
  return { ...sample, labels: { ...sharedLabels, ...labels } }
}

async function read(instrument: Instrument): Promise<readonly Sample[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly Sample[]>((resolve) => {
    timer = setTimeout(() => resolve([]), patience)
  })
  try {
    return await Promise.race([instrument.samples(), late])
  } catch {
    return []
  } finally {
    clearTimeout(timer)
  }
}
