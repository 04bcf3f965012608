import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What a caller's own id may look like; anything else could forge log lines or headers. */
const acceptable = /^[A-Za-z0-9._:/+=@-]{1,128}$/

/** The caller's `X-Request-Id` when it is harmless, else a new one. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id']
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID()
}

/** The trace id of a valid `traceparent` (W3C Trace Context, version 00), undefined otherwise. */
export function traceIdOf(req: IncomingMessage): string | undefined {
  const header = req.headers.traceparent
  if (typeof header !== 'string') return undefined
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/.exec(header)?.[1]
  return traceId === undefined || /^0+$/.test(traceId) || header.startsWith('ff') ? undefined : traceId
}
