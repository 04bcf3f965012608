/**
 * Requests a second beside others: `node bench/http.ts [--targets raw,gatefold,fastify] [--endpoints ping,get,post] [--rounds 10]
 * [--seconds 2] [--connections 32] [--no-check]`. Prints a table and writes results.json. README.md says how to prepare.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findGenerator } from './http/load.ts'
import { measure } from './http/measure.ts'
import { summarize, table } from './http/report.ts'
import type { Endpoint } from './http/requests.ts'
import { missingPolicies } from './http/same-policies.ts'
import { type ServerProcess, startServer } from './http/server-process.ts'
import { chooseTargets } from './http/targets.ts'

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '' },
    endpoints: { type: 'string', default: 'ping,get,post' },
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    'no-check': { type: 'boolean', default: false },
  },
})
const report = (line: string) => process.stderr.write(`${line}\n`)
const list = (text: string) => text.split(',').filter(Boolean)

const servers: ServerProcess[] = []
const memory: Record<string, number> = {}
for (const target of chooseTargets(list(values.targets))) {
  const server = await startServer(target)
  servers.push(server)
  if (values['no-check']) continue
  const missing = await missingPolicies(target, server)
  report(`${target.name}: ${missing.length === 0 ? 'enforces the same policies' : missing.join('; ')}`)
}

const generator = findGenerator()
const samples = await measure({
  servers,
  endpoints: list(values.endpoints) as Endpoint[],
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  warmUp: 2,
  connections: Number(values.connections),
  generate: generator.run,
  report,
})
for (const server of servers) memory[server.name] = server.memory()
await Promise.all(servers.map((server) => server.stop()))

const summary = summarize(samples)
const boot = Object.fromEntries(servers.map(({ name, bootMs }) => [name, Math.round(bootMs)]))
const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model, generator: generator.name }
const results = { at: new Date().toISOString(), machine, options: values, summary, memory, boot }
writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
console.log(table(summary, memory))
