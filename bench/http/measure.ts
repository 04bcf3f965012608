import type { Generator } from './load.ts'
import type { Endpoint } from './requests.ts'
import type { ServerProcess } from './server-process.ts'

/** One target under one load for a while. */
export interface Sample {
  readonly perSecond: number
  /** CPU of the server per request in microseconds: unlike the rate it hardly depends on who else uses the machine. */
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  readonly failed: number
}

export interface MeasureOptions {
  readonly servers: readonly ServerProcess[]
  readonly endpoints: readonly Endpoint[]
  readonly rounds: number
  readonly seconds: number
  /** Seconds for which each target is loaded before it counts, so that its code is compiled. */
  readonly warmUp: number
  readonly connections: number
  readonly generate: Generator
  readonly report: (line: string) => void
}

/** Samples by the name of the target and the endpoint. */
export type Samples = ReadonlyMap<string, ReadonlyMap<Endpoint, readonly Sample[]>>

/** Loads all targets one after the other, round after round, every other round in reverse: what disturbs the machine disturbs all. */
export async function measure(options: MeasureOptions): Promise<Samples> {
  const { servers, endpoints, rounds, warmUp, report } = options
  const samples = new Map(servers.map(({ name }) => [name, new Map(endpoints.map((one) => [one, [] as Sample[]]))]))
  for (const server of servers) for (const endpoint of endpoints) await load(server, endpoint, { ...options, seconds: warmUp })
  for (let round = 0; round < rounds; round++) {
    for (const endpoint of endpoints) {
      for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
        samples
          .get(server.name)
          ?.get(endpoint)
          ?.push(await load(server, endpoint, options))
      }
      const rates = servers.map(({ name }) => `${name} ${Math.round(samples.get(name)?.get(endpoint)?.at(-1)?.perSecond ?? 0)}`)
      report(`round ${round + 1}/${rounds} ${endpoint}: ${rates.join(' | ')}`)
    }
  }
  return samples
}

async function load(
  server: ServerProcess,
  endpoint: Endpoint,
  { generate, seconds, connections }: Pick<MeasureOptions, 'generate' | 'seconds' | 'connections'>,
): Promise<Sample> {
  const before = server.cpu()
  const { requests, seconds: took, p50, p99, failed } = await generate({ port: server.port, endpoint, seconds, connections })
  const refuses = endpoint === 'notfound' || endpoint === 'badtoken'
  return { perSecond: requests / took, cpu: (server.cpu() - before) / requests, p50, p99, failed: refuses ? 0 : failed }
}
