import { gaugeOf, type Meter } from './meter.ts'

/** Which generation serves, and what came of the last attempt to replace it. */
export interface ReloadState {
  readonly generation: number
  /** When the generation began to serve. */
  readonly since: Date
  readonly lastReload: { readonly outcome: string } | undefined
}

/** Shows the state of reloads under the names that Prometheus has for its own; gives what counts a reload by its outcome. */
export function measureReloads(meter: Meter, state: ReloadState): (outcome: string) => void {
  gaugeOf(meter, 'gatefold_generation', 'The generation that serves; the first is 1.', () => state.generation, 'max')
  gaugeOf(
    meter,
    'gatefold_config_last_reload_successful',
    'Whether the last reload was applied; 1 when there was none.',
    () => ((state.lastReload?.outcome ?? 'applied') === 'applied' ? 1 : 0),
    'min',
  )
  gaugeOf(
    meter,
    'gatefold_config_last_reload_success_timestamp_seconds',
    'When the generation that serves began to.',
    () => state.since.getTime() / 1000,
    'max',
  )
  const reloads = meter.counter(
    'gatefold_reloads_total',
    'Reloads by outcome: applied, refused (the documents have errors), failed (something could not be started).',
    ['outcome'],
  )
  return (outcome) => reloads.add(outcome)
}
