import type { Server as HttpServer } from 'node:http'
import type { Logger } from 'pino'
import { Server, type Socket } from 'socket.io'
import type { Clock } from '../clock.ts'
import type { GatewayConfig } from '../config/schema.ts'
import type { Principal } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import { gaugeOf, type Meter } from '../metrics/meter.ts'
import { allowsOrigin, identifySocket } from '../realtime/handshake.ts'
import { connectionLimit } from '../realtime/limits.ts'
import type { ClientMessages, ServerMessages } from '../realtime/messages.ts'
import { openSession, refusalOf, type TaskSocket } from '../realtime/session.ts'
import { ownerOf } from '../tasks/insert.ts'
import type { TaskSystem } from '../tasks/system.ts'
import type { Authenticator } from './authenticator.ts'
import type { Lifecycle, ServiceDefinition } from './service.ts'

/** Live events of tasks over Socket.IO. */
export interface Realtime extends Lifecycle {
  /** Clients that are connected to this process. */
  readonly connections: number
}

declare module './service.ts' {
  interface Services {
    realtime: Realtime
  }
}

export interface RealtimeOptions {
  config: GatewayConfig['realtime']
  tasks: TaskSystem
  authenticator: Authenticator
  meter: Meter
  log: Logger
  clock: Clock
}

/** Bytes of the largest message that a client may send. */
const largestMessage = 64 * 1024
/** Milliseconds after which a client is cut off that has not identified itself. */
const handshakeTimeout = 10_000

export function createRealtime({ config, tasks, authenticator, log, meter, clock }: RealtimeOptions): Realtime {
  const enter = connectionLimit(config.connections)
  let io: Server<ClientMessages, ServerMessages> | undefined

  function attach(server: HttpServer): void {
    io = new Server(server, {
      path: config.path,
      // Pages load the client from here: `<path>/socket.io.esm.min.js`.
      serveClient: true,
      // It costs 10 times the CPU and 257 KiB a connection.
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: largestMessage,
      connectTimeout: handshakeTimeout,
      allowRequest: (req, decide) => decide(null, allowsOrigin(config.origins, req)),
      cors: { origin: config.origins.includes('*') ? '*' : [...config.origins] },
    })
    io.use((socket, next) => void admit(socket).then((refusal) => next(refusal && handshakeError(refusal))))
    io.on('connection', (socket) => open(socket))
  }

  /** Identifies a client and counts it in; its principal is in `socket.data`. */
  async function admit(socket: Socket): Promise<Problem | undefined> {
    const authenticate = authenticator.compile(tasks.served.security)
    const principal = await identifySocket(authenticate, socket.request, socket.handshake.auth).catch((error: unknown) => {
      log.error({ err: error }, 'a handshake failed')
      return problem('internal_error')
    })
    if (principal instanceof Problem) return principal
    const leave = enter(ownerOf(principal) as string)
    if (leave === undefined) return problem('rate_limited', { detail: `a caller can have ${config.connections} connections` })
    socket.conn.once('close', leave)
    socket.data = { principal }
    return undefined
  }

  function open(socket: Socket): void {
    const { principal } = socket.data as { principal: Principal }
    openSession(socket as TaskSocket, principal, tasks, config.watches)
    // A connection does not outlive the credential that opened it.
    if (principal.expiresAt !== undefined)
      socket.once(
        'disconnect',
        clock.at(principal.expiresAt, () => void socket.disconnect(true)),
      )
  }

  const connections = () => io?.engine.clientsCount ?? 0
  gaugeOf(meter, 'gatefold_sockets', 'Socket.IO clients that are connected to this process.', connections)

  return {
    get connections() {
      return connections()
    },
    attach,
    check: async () => ({
      healthy: io !== undefined,
      latencyMs: 0,
      ...(io === undefined && { detail: 'it takes no connections' }),
    }),
    /** Clients are sent away, to connect to another process; `close` of the server itself is not ours. */
    async drain() {
      io?.disconnectSockets(true)
      io?.engine.close()
    },
    async stop() {
      io?.disconnectSockets(true)
      io?.engine.close()
    },
  }
}

function handshakeError(refusal: Problem): Error {
  return Object.assign(new Error(refusal.code), { data: refusalOf(refusal) })
}

export const realtimeService: ServiceDefinition<'realtime'> = {
  name: 'realtime',
  uses: ['tasks', 'authenticator'],
  create: ({ config, services, log, meter, clock }) =>
    createRealtime({ config: config.realtime, tasks: services.tasks, authenticator: services.authenticator, log, meter, clock }),
}
