import manifest from '../../package.json' with { type: 'json' }
import type { Cluster } from '../cluster/cluster.ts'
import type { Exposition } from './exposition.ts'
import { createMeter, type Meter } from './meter.ts'

/** Everything that one process measures, through all its generations, and how it is shown. */
export interface Metrics {
  readonly meter: Meter
  /** Opened once, and only where metrics are declared: the library behind it begins to observe the process then. */
  exposition(): Promise<Exposition>
}

export function createMetrics(cluster?: Cluster): Metrics {
  const meter = createMeter()
  meter.gauge(
    'gatefold_info',
    'Which Gatefold this is; always 1.',
    () => [{ labels: { version: manifest.version }, value: 1 }],
    'max',
  )
  let exposition: Promise<Exposition> | undefined

  async function open(): Promise<Exposition> {
    const { createExposition } = await import('./exposition.ts')
    const own = createExposition(meter)
    return cluster?.exposition(own) ?? own
  }

  return {
    meter,
    exposition: () => (exposition ??= open()),
  }
}
