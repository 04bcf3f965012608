/** A Redis of a test's own, which can be frozen, killed and started again without anybody else noticing. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'

export interface RedisServer {
  readonly url: string
  readonly port: number
  start(): Promise<void>
  /** From now on it accepts connections and answers nothing, like a machine that hangs. */
  freeze(): void
  thaw(): void
  /** Ends it without a word, and with everything that it held. */
  kill(): Promise<void>
}

/** The program that runs it; false where there is none. */
export const redisServerExists: boolean = (() => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** Starts a Redis on a free port; it ends with the test. `words` are further arguments of redis-server. */
export async function startRedisServer(t: Pick<Test, 'teardown'>, words: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort()
  let process: ChildProcess | undefined

  async function start(): Promise<void> {
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    process = spawn('redis-server', [...fixed, ...words], { stdio: 'ignore' })
    while (!(await answers(port))) await setTimeout(20)
  }

  async function kill(): Promise<void> {
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    process.kill('SIGKILL')
    await once(process, 'exit')
  }

  await start()
  t.teardown(kill)
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    freeze: () => void process?.kill('SIGSTOP'),
    thaw: () => void process?.kill('SIGCONT'),
  }
}

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Whether it answers at all; that it asks for a password is an answer. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write('PING\r\n')
    const [answer] = await once(socket, 'data')
    return /^(\+PONG|-NOAUTH)/.test(String(answer))
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
