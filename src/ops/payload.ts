import pino from 'pino'
import { censored, redact } from '../serve/redact.ts'

/** Makes payloads fit to be shown: by the log's own rules, what it names (`log.redact`) and what looks like a credential is left out. */
export function payloadRedactor(paths: readonly string[]): (payload: object) => unknown {
  let line = ''
  const log = pino(
    { base: null, timestamp: false, redact: { paths: [...paths], censor: censored } },
    { write: (text) => void (line = text) },
  )
  return function redactPayload(payload) {
    log.info(redact(payload))
    const { level: _, ...shown } = JSON.parse(line)
    return shown
  }
}
