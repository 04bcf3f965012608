/**
 * What a process of the reference application holds open, and what that takes: sessions with Postgres, memory, idle live clients.
 *
 *   DATABASE_URL=postgres://… node bench/connections.ts [number of live clients] [directory of the image]
 *
 * Without an image (`test/deployment/image.ts` makes one) the sources run, which take about 20 MiB more: Node strips their types. Live clients take a file each in two processes: `ulimit -n` has to be above their number.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'

const server = process.env.DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test'
const clients = Number(process.argv[2] ?? 10_000)
const secret = 'a secret of more than thirty-two bytes, for measurements'
const here = import.meta.dirname
const image = process.argv[3]
const project = image ?? join(here, '..')
const main = join(project, image === undefined ? 'src/cli/main.ts' : 'dist/main.js')

interface Memory {
  rss: number
  heapUsed: number
  external: number
}

interface Running {
  url: string
  /** After a garbage collection. */
  memory(): Promise<Memory>
  end(): Promise<void>
}

async function start(role: string, database: string): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatefold-connections-'))
  const child = fork(main, ['start', '--role', role, '--port', '0', '-C', project], {
    execArgv: ['--expose-gc', '--import', join(here, 'connections/memory.ts')],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      JWT_SECRET: secret,
      DATABASE_URL: database,
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk
  })
  while (!/health +http/.test(output)) {
    if (child.exitCode !== null) throw new Error(output)
    await setTimeout(50)
  }
  return {
    url: /http:\/\/localhost:\d+/.exec(output)?.[0] as string,
    async memory() {
      child.send('memory')
      return (await once(child, 'message'))[0] as Memory
    },
    async end() {
      child.kill('SIGTERM')
      await once(child, 'exit')
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`
const say = (text: string) => process.stdout.write(`${text}\n`)

async function measureRole(role: string, admin: pg.Client, database: string): Promise<void> {
  const name = new URL(database).pathname.slice(1)
  const sessions = async () =>
    Number(
      (await admin.query("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'measured'", [name]))
        .rows[0].count,
    )
  const running = await start(role, `${database}?application_name=measured`)
  const other = role === 'worker' ? await start('api', database) : undefined
  await setTimeout(2000)
  const idle = await sessions()
  const memory = await running.memory()
  let most = idle
  const load = runClients('load', [(other ?? running).url])
  for (let i = 0; i < 40; i++) {
    await setTimeout(200)
    most = Math.max(most, await sessions())
  }
  load.kill()
  const loaded = await running.memory()
  say(
    `${role.padEnd(7)} sessions: ${idle} idle, ${most} at most under load; resident ${megabytes(memory.rss)} idle, ${megabytes(loaded.rss)} after load; heap ${megabytes(memory.heapUsed)}`,
  )
  await Promise.all([running.end(), other?.end()])
}

function runClients(name: string, words: string[]): ChildProcess {
  return fork(join(here, `connections/${name}.ts`), words, { env: { ...process.env, SECRET: secret }, execArgv: [] })
}

async function measureClients(database: string): Promise<void> {
  const running = await start('api', database)
  const before = await running.memory()
  for (const watching of [false, true]) {
    const idle = runClients('idle-clients', [running.url, String(clients), String(watching)])
    await once(idle, 'message')
    await setTimeout(3000)
    const after = await running.memory()
    const each = (part: keyof Memory) => `${((after[part] - before[part]) / clients / 1024).toFixed(1)} KiB ${part}`
    say(
      `${clients} live clients${watching ? ', each watching its own tasks' : ''}: each ${each('heapUsed')}, ${each('external')}, ${each('rss')}`,
    )
    idle.kill()
    await once(idle, 'exit')
    await setTimeout(3000)
  }
  const { heapUsed } = await running.memory()
  say(`after they have left: heap ${megabytes(heapUsed)}, before they came ${megabytes(before.heapUsed)}`)
  await running.end()
}

const admin = new pg.Client({ connectionString: server })
await admin.connect()
const name = `gatefold_connections_${process.pid}`
await admin.query(`CREATE DATABASE ${name}`)
try {
  const database = Object.assign(new URL(server), { pathname: `/${name}` }).href
  for (const role of ['api', 'worker', 'all']) await measureRole(role, admin, database)
  await measureClients(database)
} finally {
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
  await admin.end()
}
