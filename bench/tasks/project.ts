/** What the measurements of tasks run on: a small project, its processes, and its database. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import pg from 'pg'

const secret = 'a secret of more than thirty-two bytes for benchmarks'

const operation = (id: string) => `
  /${id}:
    post:
      operationId: ${id}
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { '200': { description: ok, content: { application/json: { schema: {} } } } }`

const openapi = `openapi: 3.1.0
info: { title: benchmark, version: '1' }
security: [{ bearerAuth: [] }]
components: { securitySchemes: { bearerAuth: { type: http, scheme: bearer } } }
paths:${['quick', 'recorded', 'noisy', 'flaky', 'endless'].map(operation).join('')}
`

const gateway = `openapi: ./openapi.yaml
database: { url: "\${DATABASE_URL:-}", poolSize: 20 }
log: { level: silent }
server: { shutdownTimeout: 6s }
authentication: { bearerAuth: { jwt: { algorithms: [HS256], secret: "${secret}" } } }
defaults: { timeout: 60s }
operations:
  quick: { task: { concurrency: 20 } }
  recorded: { task: { concurrency: 10, retries: 10 } }
  noisy: { task: { concurrency: 200 } }
  flaky: { task: { retries: 1 } }
  endless: { task: {} }
`

const handlers = `
export const uses = ['database']
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const started = (context) => globalThis.started?.set(context.taskId + '/' + context.attempt, performance.now())
export function quick(request, context) { started(context); return null }
export function flaky(request, context) { started(context); if (context.attempt === 1) throw new Error('no'); return null }
export async function recorded(request, context) {
  await context.services.database.query('INSERT INTO run (task, attempt) VALUES ($1, $2)', [context.taskId, context.attempt])
  await pause(20)
  return null
}
export const endless = (request, { signal }) => new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
export async function noisy(request, context) {
  for (let i = 0; i < 5; i++) { context.log.info('line ' + i); context.progress(i / 5); await pause(300) }
  return null
}
`

export interface Project {
  directory: string
  /** Of a database of its own; empty for the embedded one. */
  url: string
  query(text: string): Promise<any[]>
  remove(): Promise<void>
}

/** Writes the project; `server` is the Postgres in which it gets a database, empty for the embedded one. */
export async function createProject(server: string): Promise<Project> {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-benchmark-'))
  mkdirSync(join(directory, 'handlers'))
  for (const [name, text] of Object.entries({
    'openapi.yaml': openapi,
    'gateway.yaml': gateway,
    'handlers/handlers.js': handlers,
  })) {
    writeFileSync(join(directory, name), text)
  }
  const removeFiles = () => rmSync(directory, { recursive: true, force: true })
  if (server === '') return { directory, url: '', query: async () => [], remove: async () => removeFiles() }

  const name = `gatefold_benchmark_${process.pid}`
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('CREATE TABLE run (task uuid, attempt int)')
  return {
    directory,
    url,
    query: async (text) => (await client.query(text)).rows,
    async remove() {
      await client.end()
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
      removeFiles()
    },
  }
}

export function sign(subject: string): Promise<string> {
  return new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(subject).setExpirationTime('1h').sign(Buffer.from(secret))
}

export interface Member {
  url: string
  process: ChildProcess
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** Starts `gatefold start --role …` and waits until it serves. */
export async function startMember(project: Project, role: 'all' | 'api' | 'worker'): Promise<Member> {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, 'start', '--role', role, '--port', '0', '-C', project.directory], {
    env: { ...process.env, DATABASE_URL: project.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return {
    url: await servedUrl(child),
    process: child,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

/** The address that the banner names. What is written behind it is read too: whoever writes to a closed pipe has trouble of his own. */
function servedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk) => {
      if (output.length < 10_000) output += chunk
      const url = /http:\/\/localhost:\d+/.exec(output)?.[0]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', () => reject(new Error(`a process ended before it served: ${output}`)))
  })
}

export async function post(url: string, operation: string, token: string): Promise<{ status: number; id: string | undefined }> {
  const response = await fetch(`${url}/${operation}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  const body = (await response.json()) as { task_id?: string }
  return { status: response.status, id: body.task_id }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Does `work` `count` times, `width` at once. */
export async function crowd(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

export function percentile(values: number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1)
}
