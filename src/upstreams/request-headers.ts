import type { IncomingMessage } from 'node:http'
import type { RequestContext } from '../context.ts'
import { readTraceparent } from '../tracing/trace-context.ts'
import { type AppendForwarded, compileForwarded } from './forwarded.ts'
import { connectionFields, hopByHop } from './hop-by-hop.ts'
import type { UpstreamSettings } from './schema.ts'

/** What the gateway says itself, whatever the caller says; every `x-forwarded-…` besides. */
const remade = ['host', 'content-length', 'expect', 'forwarded', 'x-real-ip', 'x-request-id', 'traceparent', 'tracestate', 'via']

/**
 * What the caller tells the gateway and nobody else: its credentials, and fields by which some servers take a request for another one
 * than the policies have admitted.
 */
const withheld = [
  'authorization',
  'cookie',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-original-method',
  'x-rewrite-url',
]

export interface RequestHeadersInput {
  readonly config: UpstreamSettings
  readonly trustProxy: Parameters<typeof compileForwarded>[0]
  /** The fields that carry API keys. */
  readonly credentials: ReadonlySet<string>
  /** Whether the body is sent as it came, with its own coding; else its coding is undone. */
  readonly verbatimBody: boolean
  /** Whether the answer has to come without a coding, because it will be read. */
  readonly plainAnswer: boolean
  /** Whether spans carry the trace on. */
  readonly traced: boolean
}

/** The header fields of the request to the upstream, as a flat list of names and values. */
export type RequestHeaders = (context: RequestContext, hasBody: boolean) => string[]

export function compileRequestHeaders(input: RequestHeadersInput): RequestHeaders {
  const { config, plainAnswer, traced, verbatimBody } = input
  const own = Object.entries(config.headers).flatMap(([name, value]) => [name.toLowerCase(), value])
  const saysVia = Object.keys(config.headers).some((name) => name.toLowerCase() === 'via')
  const dropped = droppedFields(input)
  const appendForwarded: AppendForwarded = compileForwarded(input.trustProxy)

  return function headersOf(context, hasBody) {
    const { req } = context
    const headers: string[] = []
    const sent = req.headers
    const hop = connectionFields(sent.connection)
    // As Node has read them: what policies have seen of a field that was sent twice is what goes on.
    for (const name of Object.keys(sent)) {
      // Servers that make variables of fields (CGI) take `X_Forwarded_For` for `X-Forwarded-For`.
      const meant = name.includes('_') ? name.replaceAll('_', '-') : name
      if (dropped.has(meant) || meant.startsWith('x-forwarded-') || hop?.has(name)) continue
      if (!hasBody && bodyFields.has(name)) continue
      headers.push(name, String(sent[name]))
    }
    // Not all servers take chunks.
    if (hasBody && verbatimBody && sent['content-length'] !== undefined) headers.push('content-length', sent['content-length'])
    if (plainAnswer) headers.push('accept-encoding', 'identity')
    appendForwarded(req, headers)
    headers.push('x-request-id', context.requestId)
    if (!saysVia)
      headers.push('via', sent.via === undefined ? `${req.httpVersion} gatefold` : `${sent.via}, ${req.httpVersion} gatefold`)
    if (!traced) appendTrace(req, headers)
    headers.push(...own)
    return headers
  }
}

const bodyFields = new Set(['content-type', 'content-encoding', 'content-language', 'content-location'])

function droppedFields({ config, credentials, verbatimBody, plainAnswer }: RequestHeadersInput): Set<string> {
  const dropped = new Set([...withheld, ...credentials])
  for (const name of config.forward.headers) dropped.delete(name.toLowerCase())
  for (const name of [...hopByHop, ...remade, ...Object.keys(config.headers)]) dropped.add(name.toLowerCase())
  if (!verbatimBody) dropped.add('content-encoding')
  if (plainAnswer) dropped.add('accept-encoding')
  return dropped
}

/** Without a tracer the caller's trace goes on past the gateway. */
function appendTrace({ headers: { traceparent, tracestate } }: IncomingMessage, headers: string[]): void {
  const valid = readTraceparent(traceparent)
  if (valid === undefined) return
  headers.push('traceparent', valid)
  if (tracestate !== undefined) headers.push('tracestate', String(tracestate))
}
