import { EventEmitter } from 'node:events'
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Server, Socket } from 'socket.io'
import type { Clock } from '../clock.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Principal } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import { gaugeOf, type Meter } from '../metrics/meter.ts'
import { corkWrites } from '../realtime/corked-writes.ts'
import { allowsOrigin, identifySocket } from '../realtime/handshake.ts'
import { connectionLimit } from '../realtime/limits.ts'
import type { ClientMessages, ServerMessages } from '../realtime/messages.ts'
import { openSession, refusalOf, type TaskSocket } from '../realtime/session.ts'
import { ownerOf } from '../tasks/insert.ts'
import type { TaskSystem } from '../tasks/system.ts'
import type { Authenticator } from './authenticator.ts'
import type { Door, Lifecycle, ServiceDefinition, ServiceTools } from './service.ts'

/** Live events of tasks over Socket.IO. One generation of a gateway's view of it. */
export interface Realtime extends Lifecycle {
  /** Clients that are connected to this process. */
  readonly connections: number
}

declare module './service.ts' {
  interface Services {
    realtime: Realtime
  }
}

/** What each generation of a gateway may set anew. */
export interface RealtimeView {
  config: GatewayConfig['realtime']
  tasks: TaskSystem
  authenticator: Authenticator
}

export interface RealtimeOptions extends RealtimeView {
  meter: Meter
  log: Logger
  clock: Clock
  /** Whether the next connection of a client may reach another process. */
  scattered: boolean
}

/** Bytes of the largest message that a client may send. */
const largestMessage = 64 * 1024
/** Milliseconds after which a client is cut off that has not identified itself. */
const handshakeTimeout = 10_000

/** The connections are those of the process: they go on while generations come and go, and see what the newest one declares. */
export function createRealtime({ log, meter, clock, scattered, ...first }: RealtimeOptions): Realtime {
  const { path } = first.config
  let now: RealtimeView = first
  const enter = connectionLimit(() => now.config.connections)
  // Socket.IO wants a server to listen to. It gets what the gateway's own server hands on to it, so that it can come and go.
  const entrance = new EventEmitter()
  let io: Server<ClientMessages, ServerMessages> | undefined
  let listening: Promise<void> | undefined

  async function listen(): Promise<void> {
    // Only gateways with tasks need its memory.
    const { Server } = await import('socket.io')
    io = new Server({
      path,
      // Pages load the client from here: `<path>/socket.io.esm.min.js`.
      serveClient: true,
      // It costs 10 times the CPU and 257 KiB a connection.
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: largestMessage,
      connectTimeout: handshakeTimeout,
      allowRequest: (req, decide) => decide(null, allowsOrigin(now.config.origins, req)),
      cors: { origin: (_, decide) => decide(null, now.config.origins.includes('*') ? '*' : [...now.config.origins]) },
    })
    io.attach(entrance as HttpServer)
    if (scattered) io.engine.use(refusePolling)
    corkWrites(io.engine)
    io.use((socket, next) => void admit(socket).then((refusal) => next(refusal && handshakeError(refusal))))
    io.on('connection', (socket) => open(socket))
  }

  function identify(socket: Socket): Promise<Principal | Problem> {
    const authenticate = now.authenticator.compile(now.tasks.served.security)
    return identifySocket(authenticate, socket.request, socket.handshake.auth).catch((error: unknown) => {
      log.error({ err: error }, 'a handshake failed')
      return problem('internal_error')
    })
  }

  /** Identifies a client and counts it in; its principal is in `socket.data`. */
  async function admit(socket: Socket): Promise<Problem | undefined> {
    const principal = await identify(socket)
    if (principal instanceof Problem) return principal
    const leave = enter(ownerOf(principal) as string)
    if (leave === undefined) return problem('rate_limited', { detail: `a caller can have ${now.config.connections} connections` })
    // Who left while being identified would count for ever: its 'close' has passed.
    if ((socket.conn.readyState as string) === 'closed') leave()
    else socket.conn.once('close', leave)
    socket.data = { principal }
    return undefined
  }

  function open(socket: Socket): void {
    const { principal } = socket.data as { principal: Principal }
    openSession(socket as TaskSocket, principal, () => now)
    // A connection does not outlive the credential that opened it.
    if (principal.expiresAt !== undefined)
      socket.once(
        'disconnect',
        clock.at(principal.expiresAt, () => void socket.disconnect(true)),
      )
  }

  function follow(next: RealtimeView): void {
    const before = now
    now = next
    gaugeOf(meter, 'gatefold_sockets', 'Socket.IO clients that are connected to this process.', connections)
    const unchanged =
      before.authenticator.verifiers === next.authenticator.verifiers &&
      isDeepStrictEqual(before.tasks.served.security, next.tasks.served.security)
    if (!unchanged) for (const socket of io?.sockets.sockets.values() ?? []) void examine(socket)
  }

  /** Sends a client away whose credentials do not count any more, or mean something else; it may come back as who it is now. */
  async function examine(socket: Socket): Promise<void> {
    const principal = await identify(socket)
    // What cannot be said now was said when it connected.
    if (principal instanceof Problem && principal.status >= 500) return
    if (!isDeepStrictEqual(principal, (socket.data as { principal: Principal }).principal)) socket.disconnect(true)
  }

  /** Clients are sent away, to connect to another process. */
  async function close(): Promise<void> {
    io?.disconnectSockets(true)
    io?.engine.close()
  }

  const door: Door = {
    path: `${path}/`,
    request: (req, res) => void entrance.emit('request', req, res),
    upgrade: (req, socket, head) => void entrance.emit('upgrade', req, socket, head),
  }

  const connections = () => io?.engine.clientsCount ?? 0

  function view(own: RealtimeView): Realtime {
    return {
      get connections() {
        return connections()
      },
      door,
      start: () => (listening ??= listen()),
      check: async () => ({
        healthy: io !== undefined,
        latencyMs: 0,
        ...(io === undefined && { detail: 'it takes no connections' }),
      }),
      drain: close,
      stop: close,
      activate: () => follow(own),
      renew: (tools) => view(viewOf(tools)),
    }
  }
  return view(first)
}

/** A client that polls would have to come back to the process that knows it. Answered as Engine.IO answers an unknown transport. */
function refusePolling(req: IncomingMessage, res: ServerResponse, next: () => void): void {
  if (req.headers.upgrade !== undefined) return next()
  const message = "only WebSocket is served: connect with { transports: ['websocket'] }"
  res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ code: 0, message }))
}

function handshakeError(refusal: Problem): Error {
  return Object.assign(new Error(refusal.code), { data: refusalOf(refusal) })
}

function viewOf({ config, services }: ServiceTools): RealtimeView {
  return { config: config.realtime, tasks: services.tasks, authenticator: services.authenticator }
}

export const realtimeService: ServiceDefinition<'realtime'> = {
  name: 'realtime',
  uses: ['tasks', 'authenticator'],
  basis: ({ config }) => config.realtime.path,
  create(tools) {
    const { log, meter, clock, cluster } = tools
    return createRealtime({ ...viewOf(tools), log, meter, clock, scattered: cluster !== undefined })
  },
}
