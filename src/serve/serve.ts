import type { IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { createRouter } from '../compile/router.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { parseTimeout } from '../config/units.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { ServiceGroup } from '../services/lifecycle.ts'
import type { Door, Role } from '../services/service.ts'
import { type Application, createTraffic, type Traffic } from './listener.ts'
import { openListeners } from './listeners.ts'
import type { Reception } from './server.ts'

/** What one reading of the documents has made: it answers requests until another one does. */
export interface Generation {
  readonly application: Application
  readonly services: ServiceGroup
  readonly config: GatewayConfig
}

export interface ServeInput {
  readonly first: Generation
  readonly metrics: Metrics
  readonly role: Role
  /** Takes precedence over `server.port`. */
  readonly port: number | undefined
  readonly cluster: Cluster | undefined
}

/** What listens and runs. */
export interface Serving {
  readonly port: number
  /** The port of the metrics, where they have one of their own. */
  readonly metricsPort: number | undefined
  /**
   * Starts what is new in a generation and lets it answer from the next request on. Requests that have begun end as they began;
   * then what only they needed stops. Rejects when something cannot be started, or `agree` says no; nothing has changed then.
   */
  swap(next: Generation, agree?: () => Promise<boolean>): Promise<void>
  /** From now on every answer closes its connection, so that whoever keeps one opens the next somewhere else. */
  drain(): void
  /** Stops accepting, answers what is in flight, lets tasks finish or go back, stops the services. */
  stop(): Promise<void>
}

/** A generation that answers. */
interface Live {
  readonly traffic: Traffic
  readonly services: ServiceGroup
  readonly doors: readonly Door[]
}

/** Starts the services, then listens; a failure leaves nothing running. */
export async function serve({ first, metrics, role, port, cluster }: ServeInput): Promise<Serving> {
  await first.services.start()
  let live = enliven(first, role)
  let patience = parseTimeout(first.config.server.shutdownTimeout)
  /** Generations that still answer requests which they began. */
  const ending = new Map<Live, Promise<void>>()
  const doorAt = ({ url = '' }: IncomingMessage) => live.doors.find((door) => url.startsWith(door.path))

  const reception: Reception = {
    request(req, res) {
      const door = live.doors.length === 0 ? undefined : doorAt(req)
      if (door === undefined) live.traffic.listener(req, res)
      else door.request(req, res)
    },
    takesUpgrade: (req) => doorAt(req) !== undefined,
    upgrade: (req, socket, head) => doorAt(req)?.upgrade(req, socket, head),
    drain() {
      for (const { traffic } of [live, ...ending.keys()]) traffic.drain()
    },
  }

  const listeners = await openListeners({ reception, config: first.config, metrics, role, port, cluster }).catch(
    async (error: unknown) => {
      await first.services.stop()
      throw error
    },
  )

  async function swap(next: Generation, agree = async () => true): Promise<void> {
    const { services, config } = next
    await services.start()
    const settle = await agreed(agree)
      .then(() => listeners.move(config))
      .catch(async (error: unknown) => {
        await services.part((name) => !services.kept.has(name)).stop()
        throw error
      })
    const before = live
    live = enliven(next, role)
    settle()
    patience = parseTimeout(config.server.shutdownTimeout)
    const ended = end(before, services.kept).finally(() => ending.delete(before))
    ending.set(before, ended)
  }

  /** Lets requests of a generation end, then stops those of its services that did not go on. */
  async function end({ traffic, services }: Live, kept: ReadonlySet<string>): Promise<void> {
    const left = services.part((name) => !kept.has(name))
    const drained = left.drain()
    const late = new AbortController()
    await Promise.race([traffic.idle(), wait(patience, undefined, { signal: late.signal, ref: false }).catch(() => {})])
    late.abort()
    await drained
    await left.stop()
  }

  return {
    get port() {
      return listeners.port
    },
    get metricsPort() {
      return listeners.metricsPort
    },
    swap,
    drain: reception.drain,
    async stop() {
      const drained = live.services.drain()
      await listeners.stop()
      await drained
      await Promise.all(ending.values())
      await live.services.stop()
      await listeners.stopMetrics()
    },
  }
}

async function agreed(agree: () => Promise<boolean>): Promise<void> {
  if (!(await agree())) throw new Error('another worker process could not')
}

function enliven({ application, services, config }: Generation, role: Role): Live {
  services.activate()
  const traffic = createTraffic(servedBy(role, application), parseTimeout(config.server.sendTimeout))
  return { traffic, services, doors: services.doors }
}

/** A worker answers only the gateway's own routes, probes above all. */
function servedBy(role: Role, application: Application): Application {
  return role === 'worker' ? { ...application, router: createRouter() } : application
}
