import type { Redis, RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import type { Meter } from '../../metrics/meter.ts'
import type { Health, Lifecycle } from '../service.ts'

/** The connection to Redis, for questions that cannot wait. */
export interface RedisConnection extends Required<Pick<Lifecycle, 'start' | 'activate' | 'stop' | 'check'>> {
  /** What Redis answers; undefined at once while it is away, and after `timeout` when it does not answer. */
  ask<Answer>(question: (redis: Redis) => Promise<Answer>): Promise<Answer | undefined>
}

export interface RedisConnectionOptions {
  url: string
  /** Milliseconds that a question may take. */
  timeout: number
  meter: Meter
  /** Lua scripts by the name of the method that runs them. */
  scripts: NonNullable<RedisOptions['scripts']>
  /** Fails when Redis cannot do what it is needed for: it may answer and yet be a replica, full, or loading. */
  probe(redis: Redis): Promise<unknown>
}

/** Milliseconds between two looks at a Redis that is away, and the longest between two attempts to connect; some jitter is added. */
const pause = { look: 250, connect: 500 }
/** Milliseconds after which a connection on which nothing is heard is given up: the machine behind it may be gone without a word. */
const silence = 2000
/** Milliseconds that a turn of waiting counts for, however long this process was held up in it: held up, it hears no answer either. */
const turn = 100

/**
 * Nobody waits for a Redis that is known to be away: the first question that fails closes the door, and it is this connection that
 * looks, alone, whether Redis is back. Each change is logged once.
 */
export function createRedisConnection(options: RedisConnectionOptions, log: Logger): RedisConnection {
  const { url, timeout, meter, scripts, probe } = options
  let redis: Redis | undefined
  let state: 'unknown' | 'here' | 'away' = 'unknown'
  let timer: NodeJS.Timeout | undefined
  let watch: NodeJS.Timeout | undefined
  const failures = meter.counter('gatefold_redis_failures_total', 'Questions to Redis that failed or were not answered in time.')

  function away(error: unknown): void {
    if (state === 'away' || redis === undefined) return
    state = 'away'
    // The message alone: the error may carry the command that failed, and AUTH has the password in it.
    log.error(
      { reason: (error as Error).message },
      'Redis is away: limits that are closed without it refuse, the others do not count',
    )
    lookLater()
  }

  function here(): void {
    if (state === 'away') log.info('Redis is back')
    state = 'here'
  }

  function lookLater(): void {
    clearTimeout(timer)
    timer = setTimeout(look, pause.look + Math.random() * 100)
  }

  async function look(): Promise<void> {
    const client = redis
    if (client?.status !== 'ready') return
    try {
      await within(timeout, probe(client))
      if (client === redis) here()
    } catch (error) {
      if (client !== redis) return
      away(error)
      lookLater()
    }
  }

  async function ask<Answer>(question: (redis: Redis) => Promise<Answer>): Promise<Answer | undefined> {
    if (state !== 'here' || redis === undefined) return undefined
    try {
      return await within(timeout, question(redis))
    } catch (error) {
      failures.add()
      away(error)
      return undefined
    }
  }

  async function start(): Promise<void> {
    if (redis !== undefined) return
    // Loaded only where it is used.
    const { Redis: Client } = await import('ioredis')
    redis = new Client(url, {
      connectionName: 'gatefold',
      scripts,
      lazyConnect: true,
      // A question must not wait in a queue until Redis is back.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: silence,
      retryStrategy: (attempt) => Math.min(attempt * 50, pause.connect) + Math.random() * 100,
      // A replica that was the primary before: its name may lead to the new one.
      reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    })
    redis.on('error', away)
    redis.on('close', () => away(new Error('the connection was closed')))
    redis.on('ready', () => void look())
    watch = watchForSilence(redis)
    // Away at the start is like away later.
    await within(silence, redis.connect()).then(look, away)
  }

  /** A connection that no generation uses says nothing: nobody misses a Redis that is not declared (any more). */
  function activate(): void {
    const isUp = () => (redis === undefined ? [] : [{ labels: {}, value: state === 'here' ? 1 : 0 }])
    meter.gauge('gatefold_redis_up', 'Whether Redis answers: 1, or 0.', isUp, 'min')
  }

  async function stop(): Promise<void> {
    const client = redis
    redis = undefined
    clearTimeout(timer)
    clearInterval(watch)
    client?.disconnect()
  }

  async function check(): Promise<Health> {
    const began = performance.now()
    const healthy = (await ask((client) => client.ping())) === 'PONG'
    return { healthy, latencyMs: performance.now() - began, ...(!healthy && { detail: 'Redis is away' }) }
  }

  return { ask, start, activate, stop, check }
}

/**
 * Cuts a connection on which something was asked and nothing is heard. Not ioredis' `socketTimeout`: that is over as well when it was
 * this process that did not listen.
 */
function watchForSilence(redis: Redis): NodeJS.Timeout {
  let heard = { stream: redis.stream, bytes: 0 }
  let turns = 0
  return setInterval(() => {
    const { stream, commandQueue } = redis
    const bytes = stream?.bytesRead ?? 0
    const silent = commandQueue.length > 0 && stream === heard.stream && bytes === heard.bytes
    turns = silent ? turns + 1 : 0
    heard = { stream, bytes }
    if (turns * turn >= silence) stream.destroy(new Error(`nothing was heard for ${silence} ms`))
  }, turn).unref()
}

/**
 * The work, or a rejection when it takes longer than `ms`. An event loop that was held up finds the time over before it reads the
 * answer that has been there for long: so the socket gets its turn first.
 */
function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer within ${ms} ms`))), ms)
    const settle = () => clearTimeout(timer)
    work.then(resolve, reject).finally(settle)
  })
}
