import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

type Holding = ServerResponse & Record<symbol, object | null>

/** Where Node holds headers that are set on a response. */
const place = Object.getOwnPropertySymbols(new ServerResponse(new IncomingMessage(new Socket()))).find(
  ({ description }) => description === 'kOutHeaders',
)

/**
 * Takes the headers off a response that were set on it, by name in lower case; undefined when there are none. Once a single one was set,
 * even if it was removed again, Node treats all that `writeHead` gets one by one and reads them back, which costs as much as a Koa
 * middleware; without its record of them it does not.
 */
export function takeHeaders(res: ServerResponse): OutgoingHttpHeaders | undefined {
  if (place !== undefined && (res as Holding)[place] === null) return undefined
  const headers = res.getHeaders()
  if (place !== undefined) (res as Holding)[place] = null
  else for (const name of Object.keys(headers)) res.removeHeader(name)
  return headers
}

/** Whether lines of a header add up instead of one replacing the other. */
export function isRepeated(name: string): boolean {
  return name === 'vary' || name === 'set-cookie'
}

/** Whether a flat list of names and values has a header. */
export function isSet(headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return true
  return false
}
