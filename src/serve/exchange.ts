import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A connection, with what Node keeps there. */
export interface HttpSocket extends Socket {
  /** The answer that goes out next, or is going out; `_last` once it is said that the connection closes behind it. */
  readonly _httpMessage?: (ServerResponse & { readonly _last: boolean }) | null
  readonly parser?: { readonly incoming?: IncomingMessage | null } | null
}

/**
 * Whether a request came behind one whose answer closes the connection: it must not be processed (RFC 9112 section 9.6), nobody would learn of
 * it. `response` is its own answer, which has no connection while another one is going out.
 */
export function comesTooLate({ socket }: IncomingMessage, response: ServerResponse): boolean {
  return !socket.writable || (response.socket === null && (socket as HttpSocket)._httpMessage?._last === true)
}
