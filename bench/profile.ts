/** Where the CPU time of a request goes: `node bench/profile.ts <ping|get|post|notfound|badtoken|first> [lines]`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findGenerator } from './http/load.ts'
import { type Endpoint, endpoints } from './http/requests.ts'
import { startServer } from './http/server-process.ts'

/** What `--cpu-prof` writes. */
interface Profile {
  readonly nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const [endpoint = 'get', lines = '40'] = process.argv.slice(2)
if (!endpoints.some((known) => known === endpoint)) throw new Error(`'${endpoint}' is none of ${endpoints.join(', ')}`)

const directory = mkdtempSync(join(tmpdir(), 'gatefold-profile-'))
const flags = ['--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${directory}`]
// The sources instead of the package: their places can be found.
const main = join(import.meta.dirname, '../src/cli/main.ts')
const command = [process.execPath, ...flags, main, 'start', '-C', import.meta.dirname]
const server = await startServer({ name: 'gatefold', command })
const load = await findGenerator().run({ port: server.port, endpoint: endpoint as Endpoint, seconds: 5, connections: 32 })
await server.stop()

const profile: Profile = JSON.parse(readFileSync(join(directory, readdirSync(directory)[0] as string), 'utf8'))
rmSync(directory, { recursive: true })
console.log(
  `${load.requests} requests; share of the CPU time by function, its callees left out; writeUtf8String is the system call\n`,
)
console.log(selfTimes(profile).slice(0, Number(lines)).join('\n'))

function selfTimes({ nodes, samples, timeDeltas }: Profile): string[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, number>()
  let total = 0
  for (const [index, id] of samples.entries()) {
    const { functionName, url, lineNumber } = frames.get(id) as Profile['nodes'][number]['callFrame']
    if (functionName === '(idle)') continue
    const place = url === '' ? '' : ` ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`
    const name = (functionName || '(anonymous)') + place
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] as number))
    total += timeDeltas[index] as number
  }
  const sorted = [...times].sort(([, a], [, b]) => b - a)
  return sorted.map(([name, time]) => `${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}`)
}
