import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { parse, stringify } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { type Gateway, planGateway } from '../../src/gateway.ts'
import { clusterName } from '../../src/services/database/embedded.ts'
import { seedDataDirectory, serverUrl, testDatabasePlace } from '../database.ts'
import { root } from './blocks.ts'

/** The project that a guide's examples make, in a directory of its own. */
export interface GuideProject {
  /** Where it is now; it moves, so that no module of an earlier state is remembered. */
  readonly directory: string
  read(path: string): string
  write(path: string, content: string): void
  /** Lays YAML over a file: objects are merged, all else is replaced. */
  merge(path: string, content: string): void
  /** The address of a gateway that serves the project as it is now; undefined while it has no gateway.yaml. */
  serve(): Promise<string | undefined>
  /** Throws what `gatefold check` would report. */
  check(): Promise<void>
  stop(): Promise<void>
}

/** A copy of `from` (a directory of the repository, `.` for the reference application, or `empty`) with the package installed. */
export async function openProject(t: Test, from: string): Promise<GuideProject> {
  const home = mkdtempSync(join(tmpdir(), 'gatefold-guide-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
  let directory = join(home, '0')
  mkdirSync(directory)
  if (from === '.') copyReference(directory)
  else if (from !== 'empty') cpSync(join(root, from), directory, { recursive: true })
  install(directory, from === '.')
  const { url } = serverUrl === '' ? { url: '' } : await testDatabasePlace(t)
  // What a test needs to be different stands in a layer of its own, so that the guide's documents stay as they are.
  writeFileSync(
    join(directory, 'gateway.guide.yaml'),
    stringify({ log: { file: 'log.jsonl' }, ...(url !== '' && { database: { url } }) }),
  )

  // Prompts of a shell begin on a line of their own; so does the next answer here.
  writeFileSync(join(directory, '.curlrc'), 'write-out = "\\n"\n')

  let changes = 0
  let served: { gateway: Gateway; changes: number } | undefined

  async function stop(): Promise<void> {
    await served?.gateway.stop()
    served = undefined
  }

  async function plan() {
    const moved = join(home, String(changes))
    if (moved !== directory) renameSync(directory, moved)
    directory = moved
    const planned = await planGateway({ directory, env: 'guide', port: 0, environment: {} })
    const [found] = planned.diagnostics
    if (found !== undefined)
      throw new Error(`gatefold check: ${found.message} (${found.at?.file}:${found.at?.line}); ${found.hint}`)
    return planned
  }

  const project: GuideProject = {
    get directory() {
      return directory
    },
    read: (path) => readFileSync(join(directory, path), 'utf8'),
    write(path, content) {
      changes += 1
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), content)
    },
    merge: (path, content) => project.write(path, stringify(merged(parse(project.read(path)), parse(content)))),
    async serve() {
      if (served?.changes === changes) return served.gateway.url
      await stop()
      if (!existsSync(join(directory, 'gateway.yaml'))) return undefined
      const planned = await plan()
      const data = join(directory, '.gatefold')
      // What takes seconds at the first start, and is the same for every project.
      if (planned.services.database !== undefined && url === '' && !existsSync(join(data, clusterName)))
        await seedDataDirectory(data)
      served = { gateway: await planned.start(), changes }
      return served.gateway.url
    },
    async check() {
      if (served?.changes !== changes && existsSync(join(directory, 'gateway.yaml'))) {
        await stop()
        await plan()
      }
    },
    stop,
  }
  return project
}

function copyReference(directory: string): void {
  for (const name of ['openapi.yaml', 'gateway.yaml', 'gatefold.ts', 'handlers'])
    cpSync(join(root, name), join(directory, name), { recursive: true })
  for (const name of ['src', 'package.json']) symlinkSync(join(root, name), join(directory, name))
}

/** `node_modules` as an installation of the package would leave it; the package itself is the repository's sources. */
function install(directory: string, isRepository: boolean): void {
  const modules = join(directory, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  const command = `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(join(root, 'src/cli/main.ts'))} "$@"\n`
  writeFileSync(join(modules, '.bin/gatefold'), command, { mode: 0o755 })
  if (isRepository) return
  const name = join(modules, 'gatefold')
  mkdirSync(name)
  symlinkSync(join(root, 'src'), join(name, 'src'))
  const exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([path, to]) => [path, typeof to === 'string' ? to : to['gatefold-source']]),
  )
  writeFileSync(join(name, 'package.json'), JSON.stringify({ name: 'gatefold', type: 'module', exports }))
  if (!existsSync(join(directory, 'package.json'))) writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n')
}

function merged(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above
  const result = { ...below }
  for (const key of Object.keys(above)) result[key] = Object.hasOwn(below, key) ? merged(below[key], above[key]) : above[key]
  return result
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
