/**
 * `node bench/workers.ts [rounds] [workers]`: requests a second of `gatefold start --workers N` (2) beside one process, in short rounds that
 * alternate, for the endpoints of `openapi.yaml`: `get` and `post` count a limit, which the primary keeps for all workers. Prints the
 * median of the rounds' ratios and the CPU time that a request costs all processes together. The load generator needs a part of the
 * processors too: its CPU time is a cost that both sides share, so the ratio says less the fewer there are.
 */
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { findGenerator, type Load } from './http/load.ts'
import type { Endpoint } from './http/requests.ts'
import { cpuOf, type ServerProcess, startServer } from './http/server-process.ts'
import { targets } from './http/targets.ts'

const rounds = Number(process.argv[2] ?? 10)
const workers = process.argv[3] ?? '2'
const endpoints: readonly Endpoint[] = ['ping', 'get', 'post']
const seconds = 2
const connections = 32

const gatefold = targets.find(({ name }) => name === 'gatefold') as (typeof targets)[number]
const servers = {
  one: await startServer({ ...gatefold, name: 'one' }),
  several: await startServer({ ...gatefold, command: [...gatefold.command, '--workers', workers] }),
}
const { name: generator, run } = findGenerator()

/** Microseconds of CPU of a server and of its workers. */
function cpuOfAll(server: ServerProcess): number {
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').split(' ').filter(Boolean)
  return [server.pid, ...children.map(Number)].reduce((sum, pid) => sum + cpuOf(pid), 0)
}

interface Round extends Load {
  readonly perSecond: number
  readonly cpu: number
}

async function measure(server: ServerProcess, endpoint: Endpoint): Promise<Round> {
  const before = cpuOfAll(server)
  const load = await run({ port: server.port, endpoint, seconds, connections })
  return { ...load, perSecond: load.requests / load.seconds, cpu: (cpuOfAll(server) - before) / load.requests }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

console.log(`${rounds} rounds, ${generator}, ${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}`)
for (const endpoint of endpoints) {
  for (const server of Object.values(servers)) await measure(server, endpoint)
  const measured: { one: Round; several: Round }[] = []
  for (let round = 0; round < rounds; round++) {
    measured.push({ one: await measure(servers.one, endpoint), several: await measure(servers.several, endpoint) })
  }
  const ratio = median(measured.map(({ one, several }) => several.perSecond / one.perSecond))
  const failed = measured.reduce((sum, { one, several }) => sum + one.failed + several.failed, 0)
  const line = (of: 'one' | 'several') =>
    `${Math.round(median(measured.map((round) => round[of].perSecond)))}/s, ${Math.min(...measured.map((round) => round[of].cpu)).toFixed(0)} µs`
  console.log(
    `${endpoint.padEnd(5)} one process ${line('one')}; ${workers} workers ${line('several')}; ratio ${ratio.toFixed(2)}; ${failed} failed; load ${loadavg()[0]?.toFixed(1)}`,
  )
}
await Promise.all(Object.values(servers).map((server) => server.stop()))
