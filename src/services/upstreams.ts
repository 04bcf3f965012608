import { isDeepStrictEqual } from 'node:util'
import type { Pool } from 'undici'
import { defineScheme } from '../authentication/scheme-definitions.ts'
import { parseDuration } from '../config/units.ts'
import { onDemand } from '../on-demand.ts'
import { type Breaker, createBreaker } from '../upstreams/breaker.ts'
import type { Lifecycle, ServiceDefinition, ServiceTools } from './service.ts'

/** The connections to upstreams, and the breakers before them; both go on through reloads. */
export interface Upstreams extends Lifecycle {
  /** The connections to an origin such as `https://weather.example`; those who ask for the same share them. */
  pool(origin: string, connections: number): Pool
  breaker(operation: string, settings: BreakerSettings): Breaker
  /** Where callers of this gateway send their API keys. */
  readonly credentials: { readonly headers: ReadonlySet<string>; readonly query: ReadonlySet<string> }
}

export interface BreakerSettings {
  readonly failures: number
  readonly cooldown: string | number
}

declare module './service.ts' {
  interface Services {
    upstreams: Upstreams
  }
}

const undici = onDemand<typeof import('undici')>('undici')

/** What all generations have in common. */
interface Shared {
  pools: Map<string, Pool>
  breakers: Map<string, { settings: BreakerSettings; breaker: Breaker }>
}

export const upstreamsService: ServiceDefinition<'upstreams'> = {
  name: 'upstreams',
  create(tools) {
    const shared = nothing()
    tools.meter.gauge(
      'gatefold_upstream_breaker_open',
      'Whether calls to the upstream of an operation are held back, because it keeps failing: 1 or 0.',
      () => [...shared.breakers].map(([operation, { breaker }]) => ({ labels: { operation }, value: breaker.open ? 1 : 0 })),
    )
    return createUpstreams(shared, tools)
  },
}

const nothing = (): Shared => ({ pools: new Map(), breakers: new Map() })

function createUpstreams(shared: Shared, tools: ServiceTools): Upstreams {
  // What this generation asks for; it counts once the generation answers.
  const own = nothing()

  return {
    pool(origin, connections) {
      const key = `${connections} ${origin}`
      const pool = own.pools.get(key) ?? shared.pools.get(key) ?? createPool(origin, connections)
      own.pools.set(key, pool)
      return pool
    },
    breaker(operation, settings) {
      const known = shared.breakers.get(operation)
      const goesOn = known !== undefined && isDeepStrictEqual(known.settings, settings)
      const breaker = goesOn ? known.breaker : createBreaker(settings.failures, parseDuration(settings.cooldown))
      own.breakers.set(operation, { settings, breaker })
      return breaker
    },
    credentials: apiKeys(tools),
    renew: (next) => createUpstreams(shared, next),
    // Idle connections of pools that nobody has any more end by themselves; requests in flight keep theirs.
    activate: () => void Object.assign(shared, own),
    async check() {
      const failing = [...shared.breakers].flatMap(([operation, { breaker }]) => (breaker.open ? [operation] : []))
      return failing.length === 0
        ? { healthy: true, latencyMs: 0 }
        : { healthy: false, latencyMs: 0, detail: `the upstream keeps failing: ${failing.join(', ')}` }
    },
    async stop() {
      await Promise.all([...shared.pools.values()].map((pool) => pool.destroy()))
    },
  }
}

function createPool(origin: string, connections: number): Pool {
  const { Pool } = undici()
  return new Pool(origin, { connections, allowH2: false })
}

function apiKeys({ securitySchemes }: ServiceTools): Upstreams['credentials'] {
  const keys = [...securitySchemes.values()].map(defineScheme).filter(({ kind }) => kind === 'apiKey')
  const named = (place: string) => keys.flatMap((scheme) => (scheme.place === place ? scheme.name : []))
  return { headers: new Set(named('header').map((name) => name.toLowerCase())), query: new Set(named('query')) }
}
