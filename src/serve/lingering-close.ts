import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { hasBody } from '../messages/read-bytes.ts'

/** How much of what a client still sends is read and dropped. */
export interface LingerLimits {
  /** Milliseconds in all. */
  readonly time: number
  /** Milliseconds in which nothing comes. */
  readonly silence: number
  readonly bytes: number
}

/** The times are those of nginx (`lingering_time`, `lingering_timeout`), the bytes what such a time may cost at most. */
const lingerLimits: LingerLimits = { time: 30_000, silence: 5_000, bytes: 64 * 1024 * 1024 }

/** Bytes of an unread body that are worth reading for a connection that can be used again. */
const smallBody = 64 * 1024

/** Whether a request is answered before all of its body has come. */
export function isUnread(request: IncomingMessage): boolean {
  return !request.complete && hasBody(request)
}

/**
 * For a request that is answered before its body is read: whether its connection closes behind the answer. The rest of a small body
 * is read and dropped instead, and the next request follows; not that of a body that was too slow. A client that waits for
 * `100 Continue` may send its body or leave it out now (RFC 9110 section 10.1.1), so that nobody could tell its next request from it.
 */
export function closeBehind(request: IncomingMessage, status: number): boolean {
  const { socket, headers } = request
  // Where else the answer closes the connection (the client asks for it, or the gateway drains), it closes in stages too.
  socket.destroySoon = function destroyOrLinger() {
    if (request.complete) Socket.prototype.destroySoon.call(socket)
    else closeLingering(socket)
  }
  return status === 408 || headers.expect !== undefined || !(Number(headers['content-length']) <= smallBody)
}

/**
 * Closes a connection in stages (RFC 9112 section 9.6): what has been written goes out, then the write side is closed, and what the
 * client still sends is read and dropped. Were all of it closed at once, the system would reset the connection, and a client that
 * sends before it reads would lose the answer.
 */
export function closeLingering(socket: Socket, limits = lingerLimits): void {
  const destroy = () => void socket.destroy()
  const deadline = setTimeout(destroy, limits.time)
  socket.once('close', () => clearTimeout(deadline))
  socket.setTimeout(limits.silence, destroy)
  const most = socket.bytesRead + limits.bytes
  // The parser must not find further requests in what is dropped.
  socket.removeAllListeners('data')
  socket.on('data', () => {
    if (socket.bytesRead > most) destroy()
  })
  socket.end()
}

/** Whether all has been said on a connection and only what the client still sends keeps it open. */
export function isLingering(socket: Socket): boolean {
  return socket.writableFinished
}
