import type { CallOptions, Result, Route } from './api.ts'
import { readBody, writeBody } from './body.ts'
import { fillPath, isObject, type Values, writeCookies, writeHeaders, writeQuery } from './parameters.ts'
import { pause } from './pause.ts'
import { ApiProblem, aborted, networkError } from './problem.ts'

/** Gives the bearer token of a call. `refused` is the one that the server has just refused: a new one is wanted then. */
export type TokenSource = string | ((refused?: string) => string | undefined | Promise<string | undefined>)

/** Where the API is, and who is calling. */
export interface TransportOptions {
  /** What stands before the paths of the document, for example `https://api.example.com`; the page's own origin when absent. */
  readonly baseUrl?: string | undefined
  readonly token?: TokenSource | undefined
  /** Header fields of every call, for example an API key. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>) | undefined
  /** `fetch`'s own, for example `include` where a cookie authenticates. */
  readonly credentials?: RequestInit['credentials'] | undefined
  readonly fetch?: typeof fetch | undefined
  /** How often a call that the server had no room for (429, 503 with `Retry-After`) is sent again; 2 when absent. */
  readonly retries?: number | undefined
  /** The longest `Retry-After` that is waited for, in milliseconds; 30 s when absent. */
  readonly longestWait?: number | undefined
}

/** What is said about a request, as it is at run time. */
export interface Said {
  readonly params?: Values
  readonly query?: Values
  readonly headers?: Values
  readonly cookies?: Values
  readonly body?: unknown
  readonly contentType?: string
}

/** One call as it goes out. */
export interface Outgoing extends CallOptions {
  readonly route: Route
  readonly input?: Said | undefined
  /** May be sent again when no answer came: it has an idempotency key, or changes nothing. */
  readonly repeatable?: boolean
}

export interface Transport {
  /** Sends a call and reads its answer. */
  send(outgoing: Outgoing): Promise<Result<unknown>>
  /** Sends a call; the answer's body is the caller's to read. Throws what `fetch` throws. */
  open(outgoing: Outgoing): Promise<Response>
  readonly baseUrl: string
  currentToken(refused?: string): Promise<string | undefined>
}

/** Milliseconds after which a call that got no answer is sent again. */
const shortWait = 300

export function createTransport(options: TransportOptions): Transport {
  const { token, headers = {}, credentials, retries = 2, longestWait = 30_000 } = options
  const request = options.fetch ?? globalThis.fetch.bind(globalThis)
  const baseUrl = (options.baseUrl ?? '').replace(/\/+$/, '')

  async function currentToken(refused?: string): Promise<string | undefined> {
    return typeof token === 'function' ? token(refused) : token
  }

  async function open(outgoing: Outgoing): Promise<Response> {
    const sent = await currentToken()
    const response = await withRoom(outgoing, sent)
    if (response.status !== 401 || typeof token !== 'function') return response
    const renewed = await currentToken(sent)
    return renewed === undefined || renewed === sent ? response : withRoom(outgoing, renewed)
  }

  /** Waits and asks again while the server says that it has no room, as often and as long as is allowed. */
  async function withRoom(outgoing: Outgoing, sent: string | undefined): Promise<Response> {
    const url = urlOf(outgoing)
    for (let left = retries; ; left--) {
      const attempt = once(url, outgoing, sent)
      const response = await (outgoing.repeatable === true && left > 0 ? attempt.catch(() => undefined) : attempt)
      outgoing.signal?.throwIfAborted()
      const wait = response === undefined ? shortWait : retryAfter(response, outgoing)
      if (response !== undefined && (left <= 0 || wait === undefined || wait > longestWait)) return response
      void response?.body?.cancel()
      await pause(wait as number, outgoing.signal)
    }
  }

  function urlOf({ route, input = {} }: Outgoing): string {
    const template = route.at.slice(route.at.indexOf(' ') + 1)
    return baseUrl + fillPath(template, input.params, route.styles) + writeQuery(input.query, route.styles)
  }

  function once(url: string, outgoing: Outgoing, sent: string | undefined): Promise<Response> {
    const { route, input = {}, signal } = outgoing
    const written =
      input.body === undefined ? undefined : writeBody(input.body, input.contentType ?? route.body ?? 'application/json')
    const fields = fieldsOf(outgoing, sent)
    if (written?.type !== undefined) fields.set('content-type', written.type)
    return request(url, {
      method: route.at.split(' ', 1)[0] as string,
      headers: fields,
      ...(written !== undefined && { body: written.content }),
      ...(signal !== undefined && { signal }),
      ...(credentials !== undefined && { credentials }),
    })
  }

  function fieldsOf({ route, input = {}, headers: own = {} }: Outgoing, sent: string | undefined): Headers {
    const fields = new Headers(typeof headers === 'function' ? headers() : headers)
    if (sent !== undefined) fields.set('authorization', `Bearer ${sent}`)
    const cookie = writeCookies(input.cookies)
    if (cookie !== undefined) fields.set('cookie', cookie)
    for (const [name, value] of [...writeHeaders(input.headers, route.styles), ...Object.entries(own)]) fields.set(name, value)
    return fields
  }

  async function send(outgoing: Outgoing): Promise<Result<unknown>> {
    // What is missing in a call is a fault of the program, and thrown.
    const url = urlOf(outgoing)
    let response: Response | undefined
    try {
      response = await open(outgoing)
      const body = await readBody(response)
      if (response.ok) return { data: body, error: undefined, response }
      return { data: undefined, error: new ApiProblem(response.status, isObject(body) ? body : {}, body), response }
    } catch (cause) {
      return { data: undefined, error: outgoing.signal?.aborted === true ? aborted(cause) : networkError(cause, url), response }
    }
  }

  return { send, open, baseUrl, currentToken }
}

/**
 * What the server asks to wait, in milliseconds (RFC 9110 section 10.2.3); undefined where it does not ask. A key that is still being
 * taken in (409) is a reason to wait only for a call that has one.
 */
function retryAfter({ status, headers }: Response, { repeatable }: Outgoing): number | undefined {
  const value = headers.get('retry-after')
  const busy = status === 429 || status === 503 || (status === 409 && repeatable === true)
  if (value === null || !busy) return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}
