import type { IncomingMessage } from 'node:http'
import { problem } from '../errors.ts'

/**
 * Refuses what another site's page asks for: a browser may attach credentials of its own (basic, cookies) to it. Clients that
 * are no browsers send neither header.
 */
export function requireSameOrigin({ headers }: IncomingMessage): void {
  const { origin, host, 'sec-fetch-site': site } = headers
  const own =
    site !== undefined
      ? site === 'same-origin' || site === 'none'
      : origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
  if (!own) throw problem('forbidden', { detail: 'Only the page of this server may ask for this.' })
}
