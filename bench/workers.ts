/**
 * `node bench/workers.ts [rounds] [workers]`: `gatefold start --workers N` (2) beside one process, in short rounds that alternate, for
 * endpoints of `openapi.yaml`: all but `ping` count a limit for all workers together. Those of `get` and `post` are counted by leases; each
 * request of `first` has a caller of its own, so the primary is asked (and the generator's time there is that of reading so many requests).
 *
 * `measured` is the median of the rounds' ratios of requests a second. The load generator needs a part of the same processors, the more
 * the less a request costs the server, so it says what this machine gives, with the generator on it. `capacity` is what the servers
 * alone would give: by the CPU time that a request costs all processes of a server together, on as many processors as there are workers.
 * The rows of `gateway.work.yaml` compute for 100 µs a request: there the generator needs little beside the servers.
 */
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { findGenerator, type Load } from './http/load.ts'
import type { Endpoint } from './http/requests.ts'
import { childrenCpu, cpuOf, type ServerProcess, startServer } from './http/server-process.ts'
import { targets } from './http/targets.ts'

const rounds = Number(process.argv[2] ?? 10)
const workers = Number(process.argv[3] ?? 2)
const seconds = 2
const connections = 32

const gatefold = targets.find(({ name }) => name === 'gatefold') as (typeof targets)[number]
const { name: generator, run } = findGenerator()

/** Microseconds of CPU of the workers of a server. */
function workersCpu({ pid }: ServerProcess): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + cpuOf(Number(child)), 0)
}

/** A round; CPU times in microseconds a request. */
interface Round extends Load {
  readonly perSecond: number
  /** Of the process that was started: with workers the primary. */
  readonly first: number
  readonly workers: number
  readonly cpu: number
  readonly generator: number
}

async function measure(server: ServerProcess, endpoint: Endpoint): Promise<Round> {
  const times = () => [server.cpu(), workersCpu(server), childrenCpu()]
  const before = times()
  const load = await run({ port: server.port, endpoint, seconds, connections })
  const [first, workers, generator] = times().map((time, index) => (time - (before[index] as number)) / load.requests) as [
    number,
    number,
    number,
  ]
  return { ...load, perSecond: load.requests / load.seconds, first, workers, cpu: first + workers, generator }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

/** The round that was least disturbed. */
function cheapest(measured: readonly Round[]): Round {
  return measured.reduce((least, round) => (round.cpu < least.cpu ? round : least))
}

const micros = (value: number) => `${value.toFixed(1)} µs`.padEnd(8)
const row = (...cells: (string | number)[]) => console.log(cells.map((cell) => String(cell).padEnd(12)).join(' '))

console.log(`${rounds} rounds, ${workers} workers, ${generator}, ${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}`)
row('', 'measured', 'capacity', 'one: 1/s', 'CPU', `${workers}: 1/s`, 'CPU', 'of primary', 'generator', 'failed', 'load')

async function compare(endpoints: readonly Endpoint[], ...options: string[]): Promise<void> {
  const command = [...gatefold.command, ...options]
  const one = await startServer({ ...gatefold, command })
  const several = await startServer({ ...gatefold, command: [...command, '--workers', String(workers)] })
  for (const endpoint of endpoints) {
    for (const server of [one, several]) await measure(server, endpoint)
    const measured: [Round, Round][] = []
    for (let round = 0; round < rounds; round++) measured.push([await measure(one, endpoint), await measure(several, endpoint)])
    report([endpoint, ...options.slice(1)].join(', '), measured)
  }
  await Promise.all([one, several].map((server) => server.stop()))
}

function report(name: string, measured: readonly [Round, Round][]): void {
  const [ofOne, ofSeveral] = [measured.map(([round]) => round), measured.map(([, round]) => round)]
  const [alone, shared] = [cheapest(ofOne), cheapest(ofSeveral)]
  row(
    name,
    median(measured.map(([alone, shared]) => shared.perSecond / alone.perSecond)).toFixed(2),
    ((workers * alone.cpu) / shared.cpu).toFixed(2),
    Math.round(median(ofOne.map(({ perSecond }) => perSecond))),
    micros(alone.cpu),
    Math.round(median(ofSeveral.map(({ perSecond }) => perSecond))),
    micros(shared.cpu),
    micros(shared.first),
    micros(shared.generator),
    [...ofOne, ...ofSeveral].reduce((sum, { failed }) => sum + failed, 0),
    loadavg()[0]?.toFixed(1) ?? '',
  )
}

await compare(['ping', 'get', 'post', 'first'])
await compare(['ping', 'get', 'post'], '--env', 'work')
