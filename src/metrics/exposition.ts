import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import type { Instrument, Meter, Sample } from './meter.ts'

/** What a scrape gets: the meter's instruments and the process' own (CPU, memory, event loop, garbage collection). */
export interface Exposition {
  readonly contentType: string
  text(): Promise<string>
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
      const { help, type } = current.get(name) as Instrument
      return { name, help, type, values: await read(current.get(name) as Instrument), aggregator: 'sum' }
    }
    registry.registerMetric({ name, get } as unknown as Metric)
  }

  return {
    contentType: registry.contentType,
    text() {
      const known = current
      current = new Map(meter.instruments().map((instrument) => [instrument.name, instrument]))
      for (const name of current.keys()) if (!known.has(name)) register(name)
      return registry.metrics()
    },
  }
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
