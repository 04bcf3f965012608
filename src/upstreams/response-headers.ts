import type { RequestContext } from '../context.ts'
import type { Operation } from '../model/operation.ts'
import { isRepeated, isSet } from '../serve/held-headers.ts'
import { connectionFields, hopByHop } from './hop-by-hop.ts'

/** Header fields by lower-case name. */
export type Fields = Record<string, string | string[]>

/** What tells of the upstream itself, or leads past the gateway to it (RFC 7838). */
const internal = ['server', 'x-powered-by', 'x-aspnet-version', 'alt-svc', 'x-request-id']

/**
 * Compiles what of an upstream's header fields goes out. What a policy of the gateway has set wins (CORS, security headers, limits). Cookies
 * are only set where the document says so: they would be sent to every other operation of the gateway as well.
 */
export function compileResponseHeaders(
  operation: Operation,
): (context: RequestContext, sent: Readonly<Record<string, string | string[] | undefined>>) => Fields {
  const dropped = new Set([...hopByHop, ...internal])
  const declared = operation.responses.flatMap(({ headers }) => headers.map(({ name }) => name.toLowerCase()))
  if (!declared.includes('set-cookie')) dropped.add('set-cookie')
  const cors = operation.settings.has('cors')

  return function headersOf(context, sent) {
    const hop = connectionFields(sent.connection)
    const fields: Fields = {}
    for (const name of Object.keys(sent)) {
      const value = sent[name]
      if (value === undefined || dropped.has(name) || hop?.has(name)) continue
      if (cors && name.startsWith('access-control-')) continue
      if (!isRepeated(name) && isSet(context.responseHeaders, name)) continue
      fields[name] = value
    }
    return fields
  }
}
