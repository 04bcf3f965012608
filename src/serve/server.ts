import { createServer, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ProblemCode, problem } from '../errors.ts'
import type { Traffic } from './listener.ts'
import { problemDocument } from './problem-document.ts'

export interface ServerOptions {
  host: string
  port: number
  /** Milliseconds within which all header fields must have arrived. */
  headersTimeout: number
  /** Milliseconds within which a whole request must have arrived. */
  requestTimeout: number
  /** The most bytes that the header fields may have. */
  maxHeaderSize: number
  /** Milliseconds for which an idle connection is kept. */
  keepAliveTimeout: number
  /** Milliseconds that answers in flight get after `stop`. */
  shutdownTimeout: number
}

/** The listening HTTP server. */
export interface HttpServer {
  readonly server: Server
  /** Listens; rejects with the system's error, for example EADDRINUSE. */
  start(): Promise<AddressInfo>
  /** Stops accepting, answers what is in flight, closes idle connections; after `shutdownTimeout` cuts the rest. */
  stop(): Promise<void>
}

export function createHttpServer(traffic: Traffic, options: ServerOptions): HttpServer {
  const { headersTimeout, requestTimeout, keepAliveTimeout, maxHeaderSize } = options
  const server = createServer(
    {
      headersTimeout,
      requestTimeout,
      keepAliveTimeout,
      maxHeaderSize,
      noDelay: true,
      // Nearly all requests have no body, and a stream that never ends because nothing was sent is not worth its events.
      optimizeEmptyRequests: true,
      // Node looks for connections that are too slow every 30 s otherwise, however short the timeouts are.
      connectionsCheckingInterval: Math.max(100, Math.min(1000, headersTimeout, requestTimeout)),
    },
    traffic.listener,
  )
  server.on('clientError', refuseMalformed)
  // The body reader says 100 Continue once it wants the body: a request that is refused before is spared it.
  server.on('checkContinue', traffic.listener)

  const connections = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })

  let stopping: Promise<void> | undefined

  function closeIdle(): void {
    server.closeIdleConnections()
    // Node does not count connections that browsers and load balancers open in advance as idle.
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
  }

  async function stop(): Promise<void> {
    if (!server.listening) return
    traffic.drain()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    closeIdle()
    const cut = setTimeout(() => server.closeAllConnections(), options.shutdownTimeout)
    // A connection that becomes idle while draining has been told to close; the sweep is for clients that do not.
    const sweep = setInterval(closeIdle, 50)
    await closed
    clearTimeout(cut)
    clearInterval(sweep)
  }

  return {
    server,
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(options.port, options.host, () => {
          server.off('error', reject)
          resolve(server.address() as AddressInfo)
        })
      }),
    stop: () => (stopping ??= stop()),
  }
}

/** Errors of Node's HTTP parser, by code, and how they are answered. */
const parserProblems: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** Answers what is no HTTP request; there is no request object, so the bytes are written here. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable || (socket as Socket).bytesWritten > 0) {
    socket.destroy()
    return
  }
  const refusal = problem(parserProblems[error.code ?? ''] ?? 'malformed_request')
  const { instance: _, request_id: __, ...document } = problemDocument(refusal, '', '')
  const body = JSON.stringify(document)
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
