/**
 * What reloads cost: `node bench/reload.ts [reloads] [edits of each file]`. Works on a copy of the reference application.
 *
 * 1. Edit → live: a real `gatefold dev`; from the write of the file to the first answer that shows it.
 * 2. Reloads under load (500 unless said otherwise): failed requests, and the heap after a collection, every hundred.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SignJWT } from 'jose'
import { startGateway } from '../src/gateway.ts'

const root = join(import.meta.dirname, '..')
const secret = 'a secret of forty characters for a bench'
const agent = new Agent({ keepAlive: true, maxSockets: 16 })

function copyProject(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-bench-'))
  for (const name of ['openapi.yaml', 'gateway.yaml', 'handlers'])
    cpSync(join(root, name), join(directory, name), { recursive: true })
  const gateway = join(directory, 'gateway.yaml')
  // Whoever polls and loads must not be limited.
  writeFileSync(gateway, readFileSync(gateway, 'utf8').replace('limit: 100,', 'limit: 1000000,'))
  for (const name of ['src', 'node_modules', 'package.json']) symlinkSync(join(root, name), join(directory, name))
  return directory
}

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

function get(url: string, token: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const call = request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (res) => {
    let text = ''
    res.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }))
  })
  call.on('error', reject)
  call.end()
  return promise
}

interface Edit {
  name: string
  file: string
  /** The file's text for the `n`th edit. */
  write(text: string, n: number): string
  path: string
  isLive(answer: Answer, n: number): boolean
}

const edits: Edit[] = [
  {
    name: 'openapi.yaml (an operation moves)',
    file: 'openapi.yaml',
    write: (text, n) => text.replace('  /health/detailed:', `  /health/detailed${n}:`),
    path: '/health/detailed',
    isLive: ({ status }) => status === 200,
  },
  {
    name: 'gateway.yaml (a limit)',
    file: 'gateway.yaml',
    write: (text, n) => text.replace('limit: 300, window: 60s', `limit: ${10_000 + n}, window: 60s`),
    path: '/',
    isLive: ({ headers }, n) => String(headers['ratelimit-policy']).includes(`q=${10_000 + n};`),
  },
  {
    name: 'a handler',
    file: 'handlers/service.ts',
    write: (text, n) => text.replace('name: info.title', `name: 'edit ${n}'`),
    path: '/',
    isLive: ({ text }, n) => text.includes(`edit ${n}`),
  },
  {
    name: 'a module that handlers import',
    file: 'handlers/agents/text-analyst.ts',
    write: (text, n) => text.replace("description: 'Looks", `description: 'edit ${n} Looks`),
    path: '/agents',
    isLive: ({ text }, n) => text.includes(`edit ${n} `),
  },
]

async function startDev(directory: string): Promise<{ child: ChildProcess; url: string }> {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, JWT_SECRET: secret, LOG_LEVEL: 'warn' }
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), 'dev', '--port', '0'], { cwd: directory, env })
  child.stderr.pipe(process.stderr)
  const { promise, resolve, reject } = Promise.withResolvers<{ child: ChildProcess; url: string }>()
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
    const url = /API +(\S+?)\/? /.exec(output)?.[1]
    if (url !== undefined) resolve({ child, url })
  })
  child.once('exit', () => reject(new Error(`gatefold dev ended: ${output}`)))
  return promise
}

const percentile = (times: number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] as number

async function measureEdits(count: number, token: string): Promise<void> {
  const directory = copyProject()
  const { child, url } = await startDev(directory)
  await wait(2000)
  for (const { name, file, write, path, isLive } of edits) {
    const original = readFileSync(join(directory, file), 'utf8')
    const times: number[] = []
    for (let n = 1; n <= count; n++) {
      const at = path === '/health/detailed' ? `${path}${n}` : path
      writeFileSync(join(directory, file), write(original, n))
      const since = performance.now()
      while (!isLive(await get(url + at, token), n)) {
        if (performance.now() - since > 30_000) throw new Error(`${name}: not live after 30 s`)
        await wait(2)
      }
      times.push(performance.now() - since)
      await wait(400)
    }
    writeFileSync(join(directory, file), original)
    await wait(600)
    const [median, most] = [percentile(times, 0.5), Math.max(...times)].map(Math.round)
    console.log(`edit → live  ${name.padEnd(36)} median ${median} ms, longest of ${count} ${most} ms`)
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  rmSync(directory, { recursive: true })
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function heapMiB(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await wait(100)
    collect()
  }
  return process.memoryUsage().heapUsed / 1024 ** 2
}

async function measureMemory(reloads: number, token: string): Promise<void> {
  const directory = copyProject()
  const environment = { JWT_SECRET: secret, LOG_LEVEL: 'silent' }
  const gateway = await startGateway({ directory, port: 0, environment })
  const url = `${gateway.url}/api/v1`
  const originals = new Map(edits.map(({ file }) => [file, readFileSync(join(directory, file), 'utf8')]))
  const counted = { answered: 0, failed: 0 }
  let loading = true
  const client = async () => {
    while (loading) {
      const ok = await get(`${url}/agents`, token).then(
        ({ status }) => status === 200,
        () => false,
      )
      counted[ok ? 'answered' : 'failed']++
      await wait(5)
    }
  }
  const reload = async (n: number) => {
    const edit = edits[n % edits.length] as Edit
    // Node keeps every module that it has loaded, so modules go back and forth between two texts; documents are new each time.
    const variant = edit.file.endsWith('.yaml') ? n : n % 8
    writeFileSync(join(directory, edit.file), edit.write(originals.get(edit.file) as string, variant))
    const { outcome, error, diagnostics } = await gateway.reload()
    if (outcome !== 'applied') throw new Error(`${edit.name}: ${error ?? JSON.stringify(diagnostics)}`)
  }
  const clients = Promise.all(Array.from({ length: 8 }, client))
  for (let n = 0; n < 40; n++) await reload(n)
  await wait(1000)
  const before = await heapMiB()
  console.log(`heap  after 40 reloads (warm): ${before.toFixed(1)} MiB`)
  for (let n = 1; n <= reloads; n++) {
    await reload(40 + n)
    if (n % 100 !== 0) continue
    await wait(500)
    console.log(
      `heap  after ${40 + n} reloads: ${(await heapMiB()).toFixed(1)} MiB; requests ${counted.answered}, failed ${counted.failed}`,
    )
  }
  loading = false
  await clients
  await wait(2000)
  const after = await heapMiB()
  console.log(
    `heap  at rest: ${after.toFixed(1)} MiB, ${(((after - before) / reloads) * 1024).toFixed(1)} KiB a reload; failed requests: ${counted.failed}`,
  )
  await gateway.stop()
  agent.destroy()
  rmSync(directory, { recursive: true })
}

const [reloads, editsOfEach] = [Number(process.argv[2] ?? 500), Number(process.argv[3] ?? 20)]
const token = await new SignJWT({ roles: ['user'] })
  .setProtectedHeader({ alg: 'HS256' })
  .setSubject('0190a0a0-0000-7000-8000-000000000000')
  .setIssuer('gatefold')
  .setAudience('gatefold-reference')
  .setExpirationTime('2h')
  .sign(Buffer.from(secret))
if (editsOfEach > 0) await measureEdits(editsOfEach, token)
if (reloads > 0) await measureMemory(reloads, token)
