/**
 * Resident memory: `node bench/memory.ts [--operations 3,1000] [--seconds 4] [--runs 3] [--node-options=--max-semi-space-size=8]`. The built
 * package (`npm run build` makes it) and hand-written `node:http`, each after its boot and after `ping`, `get` and `post` for so many seconds each,
 * and what it consists of then: medians of the runs, every run in a process of its own. Linux only.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { writeProject } from './boot/project.ts'
import { findGenerator } from './http/load.ts'
import { median } from './http/report.ts'
import type { Endpoint } from './http/requests.ts'
import { startServer } from './http/server-process.ts'
import type { Target } from './http/targets.ts'
import { type Split, splitOf } from './memory/split.ts'

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '3,1000' },
    seconds: { type: 'string', default: '4' },
    runs: { type: 'string', default: '3' },
    'node-options': { type: 'string', default: '' },
  },
})
const endpoints: readonly Endpoint[] = ['ping', 'get', 'post']
const here = import.meta.dirname
const directory = mkdtempSync(join(tmpdir(), 'gatefold-memory-'))
process.once('exit', () => rmSync(directory, { recursive: true }))
const { run: generate } = findGenerator()

function target(name: string, ...words: string[]): Target {
  const flags = values['node-options'].split(' ').filter(Boolean)
  const command = [process.execPath, ...flags, '--import', join(here, 'memory/split.mjs'), ...words]
  return { name, command, environment: { HEADERS: 'equal', MEMORY_SPLIT: join(directory, 'split.json') } }
}

function gatefold(count: number): Target {
  const project = join(directory, String(count))
  writeProject(project, count)
  return target(`gatefold, ${count} operations`, join(here, '../dist/main.js'), 'start', '-C', project)
}

/** After the boot, and after the load. */
async function measure(measured: Target): Promise<[Split, Split]> {
  const server = await startServer(measured)
  const { port } = server
  const split = () => splitOf(server, join(directory, 'split.json'))
  // Validators are compiled in the background.
  await wait(3000)
  const boot = await split()
  for (const endpoint of endpoints) await generate({ port, endpoint, seconds: Number(values.seconds), connections: 32 })
  const load = await split()
  await server.stop()
  return [boot, load]
}

async function row(measured: Target): Promise<string> {
  // The first one fills Node's compile cache.
  await (await startServer(measured)).stop()
  const runs: [Split, Split][] = []
  for (let run = 0; run < Number(values.runs); run++) runs.push(await measure(measured))
  const of = (when: 0 | 1, part: keyof Split) => median(runs.map((run) => run[when][part])).toFixed(0)
  const parts = ['files', 'old', 'young', 'external', 'rest'] as const
  return `| ${[measured.name, of(0, 'resident'), of(1, 'resident'), of(1, 'most'), ...parts.map((part) => of(1, part))].join(' | ')} |`
}

console.log(
  `MiB, medians of ${values.runs} runs; load ${loadavg()[0]?.toFixed(1)}; ${values['node-options'] || 'no options of node'}\n`,
)
console.log(
  '| | after boot | after load | most | files | old generation | young | external | rest |\n|---|---|---|---|---|---|---|---|---|',
)
console.log(await row(target('raw', join(here, 'servers/raw.mjs'))))
for (const count of values.operations.split(',').map(Number)) console.log(await row(gatefold(count)))
