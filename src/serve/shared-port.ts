import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Rejects with EADDRINUSE where somebody listens. The system lets all processes of one user share a port that was opened to be
 * shared (SO_REUSEPORT), those of another gateway too: whoever comes first makes sure that nobody else is there.
 */
export async function checkFree({ port, host }: { port: number; host: string }): Promise<void> {
  if (port === 0) return
  const server = createServer().listen({ port, host })
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}
