import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A request as it arrived at an upstream. */
export interface Arrived {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

export interface OriginServer {
  url: string
  arrived: Arrived[]
  /** The last request that arrived. */
  last(): Arrived
  /** Decides how the next requests are answered. */
  answer(how: Answering): void
  /** Connections that are open now. */
  open(): number
}

export type Answering = (res: ServerResponse, arrived: Arrived, req: IncomingMessage) => void

const plain: Answering = (res) => res.setHeader('content-type', 'application/json').end('{"ok":true}')

/** A real server that stands behind a gateway, for as long as a test runs; `reads`: whole bodies, before it answers. */
export async function startOrigin(t: Test, { reads = true } = {}): Promise<OriginServer> {
  const arrived: Arrived[] = []
  let answering: Answering = plain
  let open = 0
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    try {
      if (reads) for await (const chunk of req) chunks.push(chunk)
    } catch {
      return
    }
    const seen = {
      method: req.method as string,
      url: req.url as string,
      headers: req.headers,
      body: Buffer.concat(chunks).toString(),
    }
    arrived.push(seen)
    answering(res, seen, req)
  })
  server.on('connection', (socket) => {
    open++
    socket.on('error', () => {})
    socket.on('close', () => open--)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    last: () => arrived.at(-1) as Arrived,
    answer(how) {
      answering = how
    },
    open: () => open,
  }
}

/** Waits until something holds; tests time out where it never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
