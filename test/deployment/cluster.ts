/** Starts what docker-compose.yml says, without an engine: the same words, the same environment, the same load balancer. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort, type RedisServer, startRedisServer } from '../redis-server.ts'
import { type Balancer, balancerExists, startBalancer } from './balancer.ts'
import { healthProgram, imageSays, readCompose } from './compose.ts'

/** One container's process. */
export interface Member {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

export interface ClusterOptions {
  /** The directory in which the image's process starts. */
  image: string
  /** The Postgres in which it gets a database of its own. */
  server: string
  secret: string
  api?: number
  worker?: number
  /** Runs the processes as the image's user, who may write nothing in the image; only root can. */
  unprivileged?: boolean
}

export interface Cluster {
  /** Where the load balancer listens; the first api process without one. */
  readonly url: string
  /** The load balancer; undefined where there is none to start. */
  readonly balancer: Balancer | undefined
  readonly api: Member[]
  readonly worker: Member[]
  readonly redis: RedisServer
  /** The URL of its database. */
  readonly database: string
  /** Starts one more process of a service, on a port that one had before if there is one. */
  start(service: 'api' | 'worker', port?: number): Promise<Member>
}

type Teardown = { teardown(work: () => unknown): void }

export async function startCluster(t: Teardown, options: ClusterOptions): Promise<Cluster> {
  const compose = readCompose({ JWT_SECRET: options.secret, LOG_LEVEL: 'warn' })
  const [database, redis] = await Promise.all([
    createDatabase(t, options.server),
    startRedisServer(t, redisWords(compose.services.redis.command)),
  ])
  const started: Member[] = []
  t.teardown(() => Promise.all(started.map((member) => member.end('SIGKILL'))))

  async function start(service: 'api' | 'worker', port?: number): Promise<Member> {
    const { command = [], environment = {} } = compose.services[service]
    const member = await startMember({
      command,
      environment: { ...environment, ...here(environment, database, redis.url) },
      options,
      port,
    })
    started.push(member)
    return member
  }

  const many = (service: 'api' | 'worker') =>
    Array.from({ length: options[service] ?? compose.services[service].deploy?.replicas ?? 1 }, () => start(service))
  const [api, worker] = await Promise.all([Promise.all(many('api')), Promise.all(many('worker'))])
  const ports = api.map(({ port }) => port)
  const balancer = balancerExists ? await startBalancer(t, ports) : undefined
  return { url: balancer?.url ?? (api[0] as Member).url, balancer, api, worker, redis, database, start }
}

/** What the names of other containers stand for on this machine. */
function here(environment: Record<string, string>, database: string, redis: string): Record<string, string> {
  for (const [name, host] of [
    ['DATABASE_URL', 'postgres'],
    ['REDIS_URL', 'redis'],
  ] as const) {
    if (new URL(environment[name] as string).hostname !== host) throw new Error(`${name} does not lead to the service ${host}`)
  }
  // Containers have ports of their own; these share the machine's.
  return { DATABASE_URL: database, REDIS_URL: redis, METRICS_PORT: '0', METRICS_HOST: '127.0.0.1' }
}

function redisWords([program, ...words]: string[] = []): string[] {
  if (program !== 'redis-server') throw new Error(`the service redis runs ${program}`)
  return words
}

interface MemberStart {
  command: string[]
  environment: Record<string, string>
  options: ClusterOptions
  port: number | undefined
}

async function startMember({ command, environment, options, port = 0 }: MemberStart): Promise<Member> {
  const listening = port === 0 ? await freePort() : port
  const [node, ...words] = command
  if (node !== 'node' || words.at(-2) !== '--port') throw new Error(`a service runs ${command.join(' ')}`)
  const own = [process.execPath, ...words.slice(0, -1), String(listening)]
  const [program = '', ...args] = options.unprivileged === true ? [...asImageUser(), ...own] : own
  const [name = '', value] = imageSays('ENV').split('=')
  const child = spawn(program, args, {
    cwd: options.image,
    // Nothing of this machine's environment: what is not declared is not there.
    env: { [name]: value, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  while (!(await isReady(listening)) || !(await isHealthy(listening))) {
    if (child.exitCode !== null) throw new Error(`${own.slice(1).join(' ')} ended with ${child.exitCode}`)
    await setTimeout(100)
  }
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    process: child,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      child.kill(signal)
      await once(child, 'exit')
      return child.exitCode
    },
  }
}

/** Starts a program with the rights of the image's user, as the compose file restricts them. */
function asImageUser(): string[] {
  const [user, group] = imageSays('USER').split(':')
  return [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${group}`,
    '--clear-groups',
    '--no-new-privs',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ]
}

/** What the health check asks for; asking without it takes no process. */
async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** Asks as the engine does: by the program of the image's HEALTHCHECK. */
async function isHealthy(port: number): Promise<boolean> {
  const [flag = '', program = ''] = healthProgram()
  return promisify(execFile)(process.execPath, [flag, program], { env: { PORT: String(port) } }).then(
    () => true,
    () => false,
  )
}

async function createDatabase(t: Teardown, server: string): Promise<string> {
  const name = `gatefold_deployment_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  await onServer(server, `CREATE DATABASE ${name}`)
  t.teardown(() => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  return Object.assign(new URL(server), { pathname: `/${name}` }).href
}

async function onServer(server: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  await client.query(text).finally(() => client.end())
}
