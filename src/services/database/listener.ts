import type { Client, ClientConfig } from 'pg'
import type { Logger } from 'pino'
import { Channels, listenStatement, quoteIdentifier } from './channels.ts'
import { pg } from './pg.ts'
import { takeTurns } from './turns.ts'
import { asUnavailable, DatabaseUnavailable } from './unavailable.ts'

/** Delivers notifications to this process; see `Database.listen`. */
export interface Listener {
  listen(channel: string, onPayload: (payload: string) => void, onReconnect?: () => void): Promise<() => Promise<void>>
  /** Whether its connection is there; it is looked after every few seconds. */
  listening(): boolean
  stop(): Promise<void>
}

/** Between two checks of a connection that hears nothing, and how long an answer may take; in milliseconds. */
const check = { interval: 5000, timeout: 2500 }
/** First and longest pause before a lost connection is made again, in milliseconds; doubled each time in between. */
const reconnectPause = { first: 250, longest: 5000 }

/** One connection that listens to every channel, made at the first `listen` and made again whenever it is lost. */
export function createListener(config: ClientConfig, log: Logger): Listener {
  const channels = new Channels()
  let client: Client | undefined
  let connecting: Promise<Client> | undefined
  let timer: NodeJS.Timeout | undefined
  let pause = reconnectPause.first
  let stopped = false
  const inTurn = takeTurns()

  async function connect(): Promise<Client> {
    const { Client } = pg()
    const next = new Client({
      ...config,
      keepAlive: true,
      keepAliveInitialDelayMillis: check.interval,
      query_timeout: check.timeout,
    })
    next.on('error', (error) => lose(next, error))
    next.on('end', () => lose(next, new Error('the connection ended')))
    next.on('notification', ({ channel, payload }) => channels.deliver(channel, payload ?? ''))
    try {
      await next.connect()
      for (const channel of channels.names) await next.query(listenStatement(channel))
      if (stopped) throw new DatabaseUnavailable('it was closed')
    } catch (error) {
      next.end().catch(() => {})
      throw asUnavailable(error)
    }
    client = next
    pause = reconnectPause.first
    timer = setTimeout(() => verify(next), check.interval)
    return next
  }

  /** The connection, made if there is none; callers that come together share the attempt. */
  function connection(): Promise<Client> {
    if (client) return Promise.resolve(client)
    connecting ??= connect().finally(() => {
      connecting = undefined
    })
    return connecting
  }

  /** A peer that vanished without a word is noticed only by asking it. */
  function verify(current: Client): void {
    inTurn(() => current.query('SELECT 1')).then(
      () => {
        if (client === current) timer = setTimeout(() => verify(current), check.interval)
      },
      (error) => lose(current, error),
    )
  }

  function lose(lost: Client, error: Error): void {
    if (client !== lost) return
    client = undefined
    clearTimeout(timer)
    lost.end().catch(() => {})
    if (stopped) return
    log.warn({ reason: error.message }, 'the connection that listens for notifications was lost')
    reconnect()
  }

  function reconnect(): void {
    timer = setTimeout(() => {
      if (stopped) return
      connection().then(
        () => channels.reconnected(),
        () => {
          if (!stopped) reconnect()
        },
      )
    }, pause)
    pause = Math.min(pause * 2, reconnectPause.longest)
  }

  return {
    async listen(channel, onPayload, onReconnect) {
      const remove = channels.add(channel, onPayload, onReconnect)
      try {
        const current = await connection()
        await inTurn(() => current.query(listenStatement(channel)))
      } catch (error) {
        remove()
        throw asUnavailable(error)
      }
      return async () => {
        const current = client
        if (remove() && current) await inTurn(() => current.query(`UNLISTEN ${quoteIdentifier(channel)}`)).catch(() => {})
      }
    },

    listening: () => client !== undefined,

    async stop() {
      stopped = true
      clearTimeout(timer)
      const last = client
      client = undefined
      await last?.end().catch(() => {})
    },
  }
}
