import type { IncomingMessage } from 'node:http'
import type { Pipeline } from '../compile/pipeline.ts'
import { Reply } from '../context.ts'
import { problem } from '../errors.ts'

const slash = '/'.charCodeAt(0)

/** A `Host` field (RFC 9110 section 7.2): a name or an address and a port, or nothing. One that was sent twice is none: Node joins the values by `, `. */
const hostField = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d*)?$/i

/**
 * The path and query that a request is for. What clients send to proxies (RFC 9112 section 3.2.2) becomes what they send to servers, for all
 * who read the request: its authority takes the place of the `Host` field.
 */
export function originForm(request: IncomingMessage): string {
  const target = request.url as string
  if (target.charCodeAt(0) === slash) return target
  const { headers } = request
  const [start, authority] = /^https?:\/\/([^/?#]+)/i.exec(target) ?? []
  if (start === undefined || headers.host === undefined || !hostField.test(headers.host)) return target
  headers.host = authority
  const rest = target.slice(start.length)
  request.url = rest.charCodeAt(0) === slash ? rest : `/${rest}`
  return request.url
}

/** What answers a request that HTTP itself has refused; undefined for one that may go on. */
export function refusalOf({ headers, httpVersion, method }: IncomingMessage, target: string): Pipeline | undefined {
  const { host } = headers
  if (host === undefined ? httpVersion !== '1.0' : !hostField.test(host)) return refuseHost
  if (target.charCodeAt(0) !== slash) return target === '*' && method === 'OPTIONS' ? answerServerWide : refuseTarget
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect)) return refuseExpectation
  const coding = headers['transfer-encoding']
  if (coding === undefined) return undefined
  return httpVersion === '1.0' ? refuseChunks : coding.toLowerCase() === 'chunked' ? undefined : refuseCoding
}

/** RFC 9112 section 3.2. What knows no `Host` field and is older than HTTP/1.0 has no version in its first line. */
const refuseHost: Pipeline = () =>
  problem('malformed_request', {
    detail: 'A request of HTTP/1.1 needs one Host field: a name or an address, with or without a port.',
  })

/** RFC 9112 section 3.2. */
const refuseTarget: Pipeline = () =>
  problem('malformed_request', { detail: "The target of a request is a path, or an http or https URL; '*' goes with OPTIONS." })

/** RFC 9110 section 9.3.7. */
const answerServerWide: Pipeline = () => new Reply(204)

/** RFC 9110 section 10.1.1. */
const refuseExpectation: Pipeline = () =>
  problem('expectation_failed', { detail: "The Expect field can only say '100-continue'." })

/** RFC 9112 section 6.1: where such a request ends, whoever passed it on may have seen otherwise. */
const refuseChunks: Pipeline = ({ res }) => {
  res.shouldKeepAlive = false
  return problem('malformed_request', { detail: 'HTTP/1.0 knows no Transfer-Encoding.' })
}

/** RFC 9112 section 6.1. */
const refuseCoding: Pipeline = ({ res }) => {
  res.shouldKeepAlive = false
  return problem('not_implemented', { detail: "The Transfer-Encoding field can only say 'chunked'." })
}
