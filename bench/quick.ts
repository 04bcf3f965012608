/** A few seconds for CI: Gatefold beside hand-written node:http, by CPU time. Warns of a ratio that has become worse; never fails. */
import { findGenerator } from './http/load.ts'
import { measure } from './http/measure.ts'
import { summarize, table } from './http/report.ts'
import type { Endpoint } from './http/requests.ts'
import { startServer } from './http/server-process.ts'
import { targets } from './http/targets.ts'

/** CPU time of the baseline per request, divided by Gatefold's. What is well below is worth a look at `npm run bench -- profile`. */
const expected: readonly (readonly [Endpoint, number])[] = [
  ['ping', 0.85],
  ['get', 0.8],
  ['post', 0.7],
]

const endpoints = expected.map(([endpoint]) => endpoint)
const compared = targets.filter(({ name }) => ['raw', 'gatefold'].includes(name))
const servers = await Promise.all(compared.map((target) => startServer(target)))
const generate = findGenerator({ short: true }).run
const samples = await measure({
  servers,
  endpoints,
  rounds: 3,
  seconds: 0.5,
  warmUp: 1,
  connections: 16,
  generate,
  report: () => {},
})
const memory = Object.fromEntries(servers.map((server) => [server.name, server.memory()]))
await Promise.all(servers.map((server) => server.stop()))

const summary = summarize(samples)
console.log(table(summary, memory))
for (const [endpoint, least] of expected) {
  const { cpuRatio = Number.NaN } = summary.gatefold?.[endpoint] ?? {}
  if (cpuRatio < least)
    console.log(
      `WARNING: ${endpoint} needs ${(1 / cpuRatio).toFixed(2)} times the CPU of node:http; expected at most ${(1 / least).toFixed(2)}`,
    )
}
