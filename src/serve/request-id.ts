import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What a caller's own id may look like; anything else could forge log lines or headers. */
const acceptable = /^[A-Za-z0-9._:/+=@-]{1,128}$/

/** The caller's `X-Request-Id` when it is harmless, else a new one. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id']
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID()
}
