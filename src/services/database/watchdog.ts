import type { ClientConfig, Pool, PoolClient } from 'pg'
import { pg } from './pg.ts'

/** Milliseconds. Together they keep the promise that a query on a server that has gone silent fails within 3 s. */
const silence = { suspicious: 1000, look: 400, probe: 1200 }
/** Milliseconds that a turn of waiting counts for, however long this process was held up in it: held up, it hears no answer either. */
const turn = 100

/** What node-postgres has but @types/pg has not: the socket below a client. */
type Session = PoolClient & { connection: { stream: { destroy(error: Error): void } } }

/**
 * Notices a server that has gone without a word (a cut network, a frozen machine). TCP would take minutes, and a statement may
 * rightly take long, so a session that has been busy for a while is only suspected: a new connection is tried, and when that fails
 * every connection of the pool is cut, which fails what waits on it. Returns a function that ends the watching.
 */
export function watchForSilence(pool: Pool, config: ClientConfig): () => void {
  const clients = new Set<Session>()
  const busySince = new Map<Session, number>()
  let probing = false

  pool.on('connect', (client) => clients.add(client as Session))
  pool.on('acquire', (client) => busySince.set(client as Session, performance.now()))
  pool.on('release', (_error, client) => busySince.delete(client as Session))
  pool.on('remove', (client) => {
    clients.delete(client as Session)
    busySince.delete(client as Session)
  })

  async function look(): Promise<void> {
    const now = performance.now()
    const suspects = [...busySince].filter(([, since]) => now - since > silence.suspicious)
    if (suspects.length === 0 || probing) return
    probing = true
    try {
      await probe(config)
      // Answered: these are merely slow, and are not suspected again before the same time has passed once more.
      for (const [client] of suspects) if (busySince.has(client)) busySince.set(client, performance.now())
    } catch {
      for (const client of clients) client.connection.stream.destroy(new Error('the server does not answer'))
    } finally {
      probing = false
    }
  }

  const timer = setInterval(look, silence.look).unref()
  return () => clearInterval(timer)
}

async function probe(config: ClientConfig): Promise<void> {
  const { Client, DatabaseError } = pg()
  const client = new Client({ ...config, connectionTimeoutMillis: 0 })
  client.on('error', () => {})
  let turns = 0
  const timer = setInterval(() => {
    if (++turns * turn >= silence.probe) (client as unknown as Session).connection.stream.destroy(new Error('no answer'))
  }, turn)
  try {
    await client.connect()
  } catch (error) {
    // A server that is full or shutting down does answer.
    if (!(error instanceof DatabaseError)) throw error
  } finally {
    clearInterval(timer)
    client.end().catch(() => {})
  }
}
