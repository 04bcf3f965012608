import type { Meter } from '../metrics/meter.ts'
import { durationBuckets } from '../metrics/requests.ts'
import { methodLabel } from '../serve/method-label.ts'
import type { Attempt } from './attempt.ts'

/** Takes the time of a call to an upstream, from `startedAt` (`performance.now()`) until its answer began or it failed. */
export type ObserveCall = (method: string, startedAt: number, attempt: Attempt) => void

/** Measures the calls of one operation under OpenTelemetry's name for the client's side. */
export function observeCalls(meter: Meter, operation: string): ObserveCall {
  const durations = meter.histogram(
    'http_client_request_duration_seconds',
    'How long calls to upstreams took until their answer began; error_type is empty where one did (timeout, connection, malformed, aborted).',
    ['operation', 'http_request_method', 'http_response_status_code', 'error_type'],
    durationBuckets,
  )
  return function observeCall(method, startedAt, { response, failure }) {
    const status = response === undefined ? '' : String(response.statusCode)
    durations.cell(operation, methodLabel(method), status, failure ?? '').observe((performance.now() - startedAt) / 1000)
  }
}
