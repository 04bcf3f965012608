import type { RequestContext } from '../context.ts'
import { bareRecord } from './record.ts'

/**
 * The header fields that a handler sees: declared ones decoded under their declared names, all others as text under their lower-case
 * names. Made when a handler asks, because most never do.
 */
export function handlerHeaders(context: RequestContext): Record<string, unknown> {
  const headers = bareRecord()
  const sent = context.req.headers
  for (const name of Object.keys(sent)) {
    const value = sent[name]
    headers[name] = typeof value === 'string' ? value : value?.join(', ')
  }
  const declared = context.headers
  for (const name of Object.keys(declared)) {
    delete headers[name.toLowerCase()]
    headers[name] = declared[name]
  }
  return headers
}
