/** Messages of one socket: so many at once, and so many a second in the long run. */
const burst = 200
const rate = 50

/** True for each message that is within the limits; a token bucket. */
export function messageLimit(): () => boolean {
  let tokens = burst
  let at = performance.now()
  return function allow() {
    const now = performance.now()
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * rate)
    at = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

/** Counts connections by principal; `enter` gives a function that ends one, or undefined when there are as many already as the limit says at the time. */
export function connectionLimit(limit: () => number): (key: string) => (() => void) | undefined {
  const open = new Map<string, number>()
  return function enter(key) {
    const count = open.get(key) ?? 0
    if (count >= limit()) return undefined
    open.set(key, count + 1)
    return function leave() {
      const left = (open.get(key) ?? 1) - 1
      if (left === 0) open.delete(key)
      else open.set(key, left)
    }
  }
}

/** What may wait for a slow client before it is cut off. */
const backlog = { packets: 10_000, bytes: 8 * 1024 ** 2 }

/** The parts of an engine.io connection that tell how far its client is behind. */
export interface Connection {
  readonly writeBuffer: { readonly length: number }
  /** The WebSocket; absent while the client polls. */
  readonly transport: { readonly socket?: { readonly bufferedAmount?: number } }
}

export function isTooSlow({ writeBuffer, transport }: Connection): boolean {
  return writeBuffer.length > backlog.packets || (transport.socket?.bufferedAmount ?? 0) > backlog.bytes
}
