import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { secret } from './requests.ts'
import type { Target } from './targets.ts'

/** A target that answers. */
export interface ServerProcess {
  readonly name: string
  readonly port: number
  readonly pid: number
  /** Milliseconds from the start of the process to its first answer. */
  readonly bootMs: number
  /** Microseconds of CPU that it has used, user and system. */
  cpu(): number
  /** Resident memory in MiB. */
  memory(): number
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a target and waits for its first answer. Rejects with what it wrote when it ends before. */
export async function startServer(target: Target, environment: Record<string, string> = {}): Promise<ServerProcess> {
  const port = await freePort()
  const began = performance.now()
  const [file, ...args] = target.command as [string, ...string[]]
  const variables = { NODE_ENV: 'production', JWT_SECRET: secret, PORT: String(port), ...target.environment, ...environment }
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...variables } })
  running.add(child)
  let said = ''
  child.stderr.on('data', (data) => {
    said = (said + data).slice(-2000)
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  void ended.then(() => running.delete(child))

  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${target.name} ended with ${child.exitCode}: ${said}`)
    if (performance.now() - began > 60_000) throw new Error(`${target.name} does not answer: ${said}`)
    await wait(10)
  }
  const { pid } = child as { pid: number }
  return {
    name: target.name,
    port,
    pid,
    bootMs: performance.now() - began,
    cpu: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    async stop() {
      child.kill('SIGTERM')
      await Promise.race([ended, wait(5000).then(() => child.kill('SIGKILL'))])
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ping`)).ok
  } catch {
    return false
  }
}

/** Linux only; elsewhere nothing is known. */
function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

let tick: number | undefined

/** Microseconds of CPU that a process has used, user and system. */
export function cpuOf(pid: number): number {
  return timesOf(pid, 11)
}

/** The same of all processes that this one has started and that have ended. */
export function childrenCpu(): number {
  return timesOf(process.pid, 13)
}

/** Two times that stand side by side in `stat`, behind the name of the process, together. */
function timesOf(pid: number, field: number): number {
  const fields = procFile(pid, 'stat').split(') ')[1]?.split(' ')
  if (fields === undefined) return Number.NaN
  tick ??= 1e6 / Number(execFileSync('getconf', ['CLK_TCK']).toString())
  return (Number(fields[field]) + Number(fields[field + 1])) * tick
}

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(procFile(pid, 'status'))?.[1]) / 1024
}
