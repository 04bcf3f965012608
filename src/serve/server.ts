import { createServer, type IncomingMessage, type RequestListener, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Problem, type ProblemCode, problem } from '../errors.ts'
import type { HttpSocket } from './exchange.ts'
import { closeLingering, isLingering } from './lingering-close.ts'
import { problemDocument } from './problem-document.ts'

export interface ServerOptions {
  host: string
  port: number
  /** Whether other processes may listen there too; the system deals connections out to them (SO_REUSEPORT). */
  reusePort: boolean
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

/** Takes what arrives at a server. */
export interface Reception {
  readonly request: RequestListener
  /** Whether a request for another protocol is taken; one that is not is answered as if it had not asked (RFC 9110 section 7.8). */
  takesUpgrade(req: IncomingMessage): boolean
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
  /** From now on every answer closes its connection. */
  drain(): void
}

/** The listening HTTP server. */
export interface HttpServer {
  /** Listens; rejects with the system's error, for example EADDRINUSE. */
  start(): Promise<void>
  /** The port that it listens on. */
  readonly port: number
  /** Changes times at once, and the most bytes of header fields for connections that are opened from now on. */
  adjust(options: ServerOptions): void
  /** Stops accepting, answers what is in flight, closes idle connections; after `shutdownTimeout` cuts the rest. */
  stop(): Promise<void>
}

export function createHttpServer(reception: Reception, options: ServerOptions): HttpServer {
  const { headersTimeout, requestTimeout, keepAliveTimeout, maxHeaderSize } = options
  let { shutdownTimeout } = options
  const server = createServer(
    {
      headersTimeout,
      requestTimeout,
      keepAliveTimeout,
      maxHeaderSize,
      noDelay: true,
      // Nearly all requests have no body, and a stream that never ends because nothing was sent is not worth its events.
      optimizeEmptyRequests: true,
      // The listener answers a request without a Host field, in the form of all refusals, and sees when a field came twice that may come once.
      requireHostHeader: false,
      joinDuplicateHeaders: true,
      shouldUpgradeCallback: reception.takesUpgrade,
      // Node looks for connections that are too slow every 30 s otherwise, however short the timeouts are.
      connectionsCheckingInterval: Math.max(100, Math.min(1000, headersTimeout, requestTimeout)),
    },
    reception.request,
  )
  server.on('clientError', refuseMalformed)
  // The body reader says 100 Continue once it wants the body: a request that is refused before is spared it.
  server.on('checkContinue', reception.request)
  server.on('checkExpectation', reception.request)
  server.on('connect', (_request, socket: Duplex) => refuseRaw(socket as Socket, problem('not_implemented')))
  server.on('upgrade', reception.upgrade)

  const connections = new Map<Socket, number>()
  let opened = 0
  server.on('connection', (socket: Socket) => {
    opened++
    connections.set(socket, performance.now())
    socket.once('close', () => connections.delete(socket))
  })

  let port = options.port
  let stopping: Promise<void> | undefined
  let stoppedAt = Number.POSITIVE_INFINITY

  function closeIdle(): void {
    server.closeIdleConnections()
    // Node does not count connections that browsers and load balancers open in advance as idle. On a new one a request may be on its way.
    const now = performance.now()
    for (const [socket, openedAt] of connections) {
      const isSilent = socket.bytesRead === 0 && openedAt < now - requestOnItsWay
      if (isSilent || (isLingering(socket) && stoppedAt < now - lingerAtStop)) socket.destroy()
    }
  }

  /** Closing cuts off connections that the system has accepted and the event loop has not taken in yet. */
  async function allTakenIn(): Promise<void> {
    for (let turn = 0, quiet = 0; quiet < quietTurns && turn < mostTurns; turn++) {
      const before = opened
      await new Promise(setImmediate)
      quiet = opened === before ? quiet + 1 : 0
    }
  }

  async function stop(): Promise<void> {
    if (!server.listening) return
    reception.drain()
    stoppedAt = performance.now()
    await allTakenIn()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    closeIdle()
    const cut = setTimeout(() => server.closeAllConnections(), shutdownTimeout)
    // A connection that becomes idle while draining has been told to close; the sweep is for clients that do not.
    const sweep = setInterval(closeIdle, 50)
    await closed
    clearTimeout(cut)
    clearInterval(sweep)
  }

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen({ port: options.port, host: options.host, reusePort: options.reusePort }, () => {
          server.off('error', reject)
          port = (server.address() as AddressInfo).port
          resolve()
        })
      }),
    get port() {
      return port
    },
    adjust(next) {
      server.headersTimeout = next.headersTimeout
      server.requestTimeout = next.requestTimeout
      server.keepAliveTimeout = next.keepAliveTimeout
      // Node's types do not know it, but each connection asks for it when it is opened.
      Object.assign(server, { maxHeaderSize: next.maxHeaderSize })
      shutdownTimeout = next.shutdownTimeout
    },
    stop: () => (stopping ??= stop()),
  }
}

/** Turns of the event loop without a new connection after which none is taken to wait, and how many are waited for at most. */
const quietTurns = 5
const mostTurns = 2000

/** Milliseconds within which the first bytes of a request follow its connection. */
const requestOnItsWay = 250

/** Milliseconds after `stop` from which a client that still sends what is refused holds nothing up. */
const lingerAtStop = 1000

/** Errors of Node's HTTP parser, by code, and how they are answered. */
const parserProblems: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** Those on which nothing that comes is understood any more. */
const refused = new WeakSet<Socket>()

/** Answers what is no HTTP request. */
function refuseMalformed(error: NodeJS.ErrnoException, duplex: Duplex): void {
  const socket = duplex as HttpSocket
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else if (!refused.has(socket)) {
    refused.add(socket)
    refuseInTurn(socket, problem(parserProblems[error.code ?? ''] ?? 'malformed_request'))
  }
}

/** Answers to whole requests go out first (RFC 9112 section 9.3.2); who has an answer, or a part of it, must not take this for another one. */
function refuseInTurn(socket: HttpSocket, refusal: Problem): void {
  const answer = socket._httpMessage
  if (!socket.writable) socket.destroy()
  else if (answer && (answer.req.complete || answer.writableEnded)) {
    socket.pause()
    answer.once('close', () => refuseInTurn(socket, refusal))
  } else if (answer ? answer.headersSent : socket.parser?.incoming?.complete === false) socket.destroySoon()
  else refuseRaw(socket, refusal)
}

/** Writes a refusal where there is no response object to write it to. */
function refuseRaw(socket: Socket, refusal: Problem): void {
  const { instance: _, request_id: __, ...document } = problemDocument(refusal, '', '')
  const body = JSON.stringify(document)
  // Node hands over a CONNECT's connection without a listener; a client that leaves would end the process.
  socket.on('error', () => {})
  socket.write(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  closeLingering(socket)
}
