import type { Socket as TcpSocket } from 'node:net'
import type { Server } from 'socket.io'

type Engine = Server['engine']

/** What is used of Engine.IO's WebSocket transport: `socket` is the connection of the library `ws`. */
interface WebSocketTransport {
  readonly name: string
  readonly socket?: { readonly _socket: TcpSocket | null }
  send(packets: readonly unknown[]): void
}

/**
 * Hands the packets that a connection sends together to the system with one call instead of one for each: a burst of events costs
 * less than half. Frames are encoded synchronously, as messages are not compressed.
 */
export function corkWrites(engine: Engine): void {
  engine.on('connection', (connection: { transport: WebSocketTransport; on(event: string, listener: unknown): void }) => {
    cork(connection.transport)
    connection.on('upgrade', cork)
  })
}

function cork(transport: WebSocketTransport): void {
  const tcp = transport.socket?._socket
  if (transport.name !== 'websocket' || !tcp) return
  const send = transport.send.bind(transport)
  transport.send = (packets) => {
    tcp.cork()
    try {
      send(packets)
    } finally {
      tcp.uncork()
    }
  }
}
