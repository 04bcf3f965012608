import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { type Answer, readAnswer } from './answer.ts'
import type { Credentials } from './credentials.ts'

/** A value of the query; several of one name are sent one after the other, undefined is left out. */
export type QueryValue = string | number | boolean | undefined | readonly (string | number | boolean)[]

export interface RequestOptions {
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as a form (`application/x-www-form-urlencoded`), or as `multipart/form-data` when it is a `FormData`. */
  readonly form?: Readonly<Record<string, string>> | URLSearchParams | FormData
  /** Sent as it is; its type is for `headers` to say. */
  readonly body?: string | Uint8Array
  /** Sent as they are, `host` and the like too. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Appended to what the path has of a query. */
  readonly query?: Readonly<Record<string, QueryValue>>
  readonly signal?: AbortSignal
}

export interface Client {
  send(method: string, target: string, options: RequestOptions, credentials: Credentials): Promise<Answer>
  close(): void
}

/** Sends requests to one server over connections that are kept. The path goes out as it is written, and no redirect is followed. */
export function createClient(port: number): Client {
  const agent = new Agent({ keepAlive: true })

  async function send(method: string, target: string, options: RequestOptions, credentials: Credentials): Promise<Answer> {
    const path = withQuery(withQuery(target, options.query ?? {}), credentials.query)
    const { bytes, type } = await encode(options)
    const given = Object.entries({ ...credentials.headers, ...options.headers }).filter(([, value]) => value !== undefined)
    const headers = new Map(given.map(([name, value]) => [name.toLowerCase(), value as string | string[]]))
    if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type)
    if (bytes !== undefined && !headers.has('transfer-encoding')) headers.set('content-length', String(bytes.byteLength))
    const { signal } = options
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: Object.fromEntries(headers), agent, ...(signal && { signal }) },
      resolve,
    )
    request.on('error', reject)
    request.end(bytes)
    const response = await promise
    return readAnswer(`${method} ${path}`, response.statusCode as number, headersOf(response), await bytesOf(response))
  }

  return { send, close: () => agent.destroy() }
}

function withQuery(path: string, values: NonNullable<RequestOptions['query']>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) query.append(name, String(one))
  }
  return query.size === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`
}

async function encode({
  json,
  form,
  body,
}: RequestOptions): Promise<{ bytes: Uint8Array | undefined; type: string | undefined }> {
  const given = Object.entries({ json, form, body }).filter(([, value]) => value !== undefined)
  if (given.length > 1)
    throw new TypeError(`a request has one body; these are ${given.length}: ${given.map(([name]) => name).join(', ')}`)
  if (json !== undefined) return { bytes: Buffer.from(JSON.stringify(json)), type: 'application/json' }
  if (body !== undefined) return { bytes: Buffer.from(body), type: undefined }
  if (form === undefined) return { bytes: undefined, type: undefined }
  const encoded = new Response(form instanceof FormData ? form : new URLSearchParams(form as Record<string, string>))
  return { bytes: await encoded.bytes(), type: encoded.headers.get('content-type') ?? undefined }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string)
  return headers
}

async function bytesOf(response: IncomingMessage): Promise<Uint8Array> {
  return Buffer.concat(await response.toArray())
}
