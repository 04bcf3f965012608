/** The load balancer of docker-compose.yml with the configuration that is shipped. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../redis-server.ts'
import { repository } from './compose.ts'

export interface Balancer {
  readonly url: string
  /** How many api processes it sends requests to now. */
  servers(): Promise<number>
}

/** Whether it can be started here. */
export const balancerExists: boolean = (() => {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** Starts it before api processes that listen on these ports; resolves when it leads to all of them. */
export async function startBalancer(t: { teardown(work: () => unknown): void }, ports: readonly number[]): Promise<Balancer> {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-balancer-'))
  const port = await freePort()
  const [file, admin] = [join(directory, 'haproxy.cfg'), join(directory, 'admin')]
  writeFileSync(file, `${configFor(port, ports)}\nglobal\n  stats socket ${admin}\n`)
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(directory, { recursive: true })
  })
  const balancer = { url: `http://127.0.0.1:${port}`, servers: () => serversOf(admin) }
  while ((await balancer.servers().catch(() => 0)) < ports.length) {
    if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}`)
    await setTimeout(50)
  }
  return balancer
}

/** The shipped configuration, with ports of this machine in place of the names that an engine resolves. */
export function configFor(port: number, servers: readonly number[]): string {
  const text = readFileSync(join(repository, 'deploy/haproxy/haproxy.cfg'), 'utf8')
  const lines = (indent: string) =>
    servers.map((server, index) => `${indent}server api${index + 1} 127.0.0.1:${server}`).join('\n')
  const own = text
    .replace('bind :8000', `bind 127.0.0.1:${port}`)
    .replaceAll(/^( *)server-template api \d+ .*$/gm, (_, indent: string) => lines(indent))
  if (own.includes('server-template') || own.includes('bind :8000')) throw new Error('haproxy.cfg has other lines than expected')
  return own
}

/** Asks over HAProxy's own socket; the lines are comma-separated, with names of proxy, server, and at place 17 the state. */
async function serversOf(admin: string): Promise<number> {
  const socket = connect(admin)
  socket.end('show stat\n')
  const text = (await socket.toArray()).join('')
  const states = text.split('\n').map((line) => line.split(','))
  // A server is checked once for each backend that has it.
  const up = states.filter(
    ([, server, ...rest]) => server?.startsWith('api') && rest[15]?.startsWith('UP') && rest.some((value) => value === 'L7OK'),
  )
  return Math.min(...['api', 'live'].map((backend) => up.filter(([proxy]) => proxy === backend).length))
}
