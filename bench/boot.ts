/**
 * How long a boot takes, and what many operations cost a request: `node bench/boot.ts [--boots 10] [--operations 3,1000,5000]
 * [--document FILE] [--built] [--rounds 10]`. `--document`: an OpenAPI document of yours, served by examples; `--built`: `dist/` instead of
 * the sources (`npm run build` makes it); `--rounds 0`: no requests.
 *
 * 1. From the end of the imports until it listens, and until every validator is compiled, each boot in a process of its own.
 * 2. Requests to the same three operations with 1,000 in the document and without others, in rounds that alternate.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Boot } from './boot/listen.ts'
import { writeProject } from './boot/project.ts'
import { findGenerator } from './http/load.ts'
import { measure, type Sample } from './http/measure.ts'
import { median } from './http/report.ts'
import { type Endpoint, secret } from './http/requests.ts'
import { startServer } from './http/server-process.ts'

const { values } = parseArgs({
  options: {
    boots: { type: 'string', default: '10' },
    operations: { type: 'string', default: '3,1000,5000' },
    document: { type: 'string' },
    built: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '10' },
  },
})
const repository = join(import.meta.dirname, '..')
const [library, command] = values.built ? ['dist/index.js', 'dist/main.js'] : ['src/index.ts', 'src/cli/main.ts']
const directory = mkdtempSync(join(tmpdir(), 'gatefold-boot-'))
process.once('exit', () => rmSync(directory, { recursive: true }))
process.env.JWT_SECRET = secret

/** One boot in a process of its own; what `boot/listen.ts` prints. */
function boot(options: object): Boot {
  const words = [join(import.meta.dirname, 'boot/listen.ts'), join(repository, library), JSON.stringify(options)]
  const said = execFileSync(process.execPath, words, { encoding: 'utf8' })
  return JSON.parse(/^\{"imported".*$/m.exec(said)?.[0] as string)
}

function row(name: string, options: object): string {
  // The first one fills Node's compile cache.
  boot(options)
  const boots = Array.from({ length: Number(values.boots) }, () => boot(options))
  const figures = [
    (one: Boot) => one.imported.wall,
    (one: Boot) => one.listening.wall,
    (one: Boot) => one.listening.cpu,
    (one: Boot) => one.compiled.wall,
    (one: Boot) => one.compiled.cpu,
    (one: Boot) => one.memory,
  ].map((of) => `${Math.round(Math.min(...boots.map(of)))} (${Math.round(median(boots.map(of)))})`)
  return `| ${[name, ...figures].join(' | ')} |`
}

/** The project with so many operations, written when it is first asked for. */
function project(count: number): string {
  const path = join(directory, String(count))
  if (!existsSync(path)) writeProject(path, count)
  return path
}

async function compareRequests(rounds: number): Promise<void> {
  const few = '3 operations'
  const many = '1,000 operations'
  const start = (name: string, count: number) =>
    startServer({ name, command: [process.execPath, join(repository, command), 'start', '-C', project(count)] })
  const servers = [await start(few, 3), await start(many, 1000)]
  const endpoints: Endpoint[] = ['ping', 'get', 'post']
  const { run: generate } = findGenerator()
  const report = (line: string) => process.stderr.write(`${line}\n`)
  const samples = await measure({ servers, endpoints, rounds, seconds: 2, warmUp: 4, connections: 32, generate, report })
  await Promise.all(servers.map((server) => server.stop()))
  const of = (name: string, endpoint: Endpoint) => samples.get(name)?.get(endpoint) as readonly Sample[]
  console.log('\n| | 1,000 operations beside 3: requests a second | CPU µs a request: 1,000 | 3 |\n|---|---|---|---|')
  for (const endpoint of endpoints) {
    const base = of(few, endpoint)
    const ratio = median(of(many, endpoint).map(({ perSecond }, round) => perSecond / (base[round] as Sample).perSecond))
    const cpu = [many, few].map((name) => Math.min(...of(name, endpoint).map((sample) => sample.cpu)).toFixed(1))
    console.log(`| ${[endpoint, ratio.toFixed(3), ...cpu].join(' | ')} |`)
  }
}

console.log(
  `${values.boots} boots each, least (median); ${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}\n`,
)
console.log(
  '| operations | imports ms | then listening ms | CPU ms | all compiled ms | CPU ms | MiB |\n|---|---|---|---|---|---|---|',
)
for (const count of values.operations.split(',').map(Number)) console.log(row(String(count), { directory: project(count) }))
if (values.document !== undefined) console.log(row(basename(values.document), { directory, mock: resolve(values.document) }))
if (Number(values.rounds) > 0) await compareRequests(Number(values.rounds))
