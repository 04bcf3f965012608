import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Endpoint, requestTexts } from './requests.ts'

/** What a load generator saw. Times in milliseconds. */
export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  /** Answers that are no success, and connections that broke. */
  readonly failed: number
}

export interface LoadOptions {
  readonly port: number
  readonly endpoint: Endpoint
  readonly seconds: number
  readonly connections: number
}

export type Generator = (options: LoadOptions) => Promise<Load>

/** How many different requests are sent in turn; those of `first` are made to last. */
const users = { few: 100, many: 300_000 }

/**
 * wrk where it is installed, else Node: which needs more of the CPU that it shares with what it measures, but can stop within a second. A load
 * goes on with the requests behind those that the server has had, so that `first` meets no token twice.
 */
export function findGenerator({ short = false } = {}): { name: string; run: Generator } {
  const directory = mkdtempSync(join(tmpdir(), 'bench-http-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  const files = new Map<Endpoint, string>()
  const requestsOf = (endpoint: Endpoint) => {
    const known = files.get(endpoint) ?? join(directory, endpoint)
    if (!files.has(endpoint))
      writeFileSync(known, requestTexts(endpoint, endpoint === 'first' ? users.many : users.few).join('\0'))
    files.set(endpoint, known)
    return known
  }
  const [name, commandOf] = short || !hasWrk() ? (['node', nodeCommand] as const) : (['wrk', wrkCommand] as const)
  const had = new Map<string, number>()
  return {
    name,
    async run(options) {
      const place = `${options.port} ${options.endpoint}`
      const from = had.get(place) ?? 0
      const load = await generate(commandOf(options, requestsOf(options.endpoint), from))
      had.set(place, from + load.requests + options.connections)
      return load
    },
  }
}

function hasWrk(): boolean {
  try {
    execFileSync('which', ['wrk'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function wrkCommand({ port, seconds, connections }: LoadOptions, file: string, from: number): string[] {
  const url = `http://127.0.0.1:${port}`
  return [
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${Math.max(1, Math.round(seconds))}s`,
    '-s',
    join(import.meta.dirname, 'load.lua'),
    url,
    '--',
    file,
    String(from),
  ]
}

function nodeCommand({ port, seconds, connections }: LoadOptions, file: string, from: number): string[] {
  const numbers = [port, seconds, connections, from].map(String)
  return [process.execPath, join(import.meta.dirname, 'generator.ts'), ...numbers, file]
}

/** Both generators print what they saw as a line of JSON. */
async function generate([file, ...args]: string[]): Promise<Load> {
  const child = spawn(file as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await text(child.stdout)
  const found = /^\{.*\}$/m.exec(said)
  if (found === null) throw new Error(`the load generator says: ${said}`)
  return JSON.parse(found[0])
}
