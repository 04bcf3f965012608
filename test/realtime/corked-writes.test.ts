import { createServer } from 'node:http'
import type { AddressInfo, Socket as TcpSocket } from 'node:net'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import t, { type Test } from 'tap'
import { corkWrites } from '../../src/realtime/corked-writes.ts'

/** Sends 100 events at once to a client; gives them as they arrived, and how many system calls wrote them. */
async function burst(t: Test, transports: string[]): Promise<{ received: number[]; writes: number }> {
  const http = createServer()
  const server = new Server(http, { perMessageDeflate: false })
  corkWrites(server.engine)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  let writes = 0
  const sent = new Promise<void>((resolve) => {
    server.on('connection', async (socket) => {
      if (socket.conn.transport.name !== 'websocket') await new Promise((upgraded) => socket.conn.once('upgrade', upgraded))
      const tcp = (socket.conn.transport as unknown as { socket: { _socket: TcpSocket } }).socket._socket
      for (const name of ['_write', '_writev'] as const) {
        const write = (tcp[name] as (...args: unknown[]) => void).bind(tcp)
        tcp[name] = (...args: unknown[]) => {
          writes++
          write(...args)
        }
      }
      for (let i = 0; i < 100; i++) socket.emit('event', i)
      resolve()
    })
  })
  const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports, forceNew: true })
  t.teardown(() => client.disconnect())
  const received: number[] = []
  const all = new Promise<void>((resolve) => {
    client.on('event', (value: number) => {
      received.push(value)
      if (received.length === 100) resolve()
    })
  })
  await Promise.all([sent, all])
  return { received, writes }
}

for (const transports of [['websocket'], ['polling', 'websocket']]) {
  t.test(`a burst over ${transports.join(', then ')} arrives in order, with few writes`, async (t) => {
    const { received, writes } = await burst(t, transports)
    t.strictSame(
      received,
      Array.from({ length: 100 }, (_, i) => i),
    )
    t.ok(writes <= 4, `${writes} writes`)
  })
}
