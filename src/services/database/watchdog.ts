import pg from 'pg'

/** Milliseconds. Together they keep the promise that a query on a server that has gone silent fails within 3 s. */
const silence = { suspicious: 1000, look: 400, probe: 1200 }

/** What node-postgres has but @types/pg has not: the socket below a client. */
type Client = pg.PoolClient & { connection: { stream: { destroy(error: Error): void } } }

/**
 * Notices a server that has gone without a word (a cut network, a frozen machine). TCP would take minutes, and a statement may
 * rightly take long, so a session that has been busy for a while is only suspected: a new connection is tried, and when that fails
 * every connection of the pool is cut, which fails what waits on it. Returns a function that ends the watching.
 */
export function watchForSilence(pool: pg.Pool, config: pg.ClientConfig): () => void {
  const clients = new Set<Client>()
  const busySince = new Map<Client, number>()
  let probing = false

  pool.on('connect', (client) => clients.add(client as Client))
  pool.on('acquire', (client) => busySince.set(client as Client, performance.now()))
  pool.on('release', (_error, client) => busySince.delete(client as Client))
  pool.on('remove', (client) => {
    clients.delete(client as Client)
    busySince.delete(client as Client)
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

async function probe(config: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: silence.probe })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    // A server that is full or shutting down does answer.
    if (!(error instanceof pg.DatabaseError)) throw error
  } finally {
    client.end().catch(() => {})
  }
}
