/**
 * CPU time that a request and a task of the reference application cost, by who spends it: what it takes to serve so many of them a second.
 *
 *   DATABASE_URL=postgres://… node bench/capacity.ts [directory of the image]
 *
 * CPU time hardly depends on what else the machine does, as requests a second do. Postgres and Redis have to be on this machine.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { startCluster } from '../test/deployment/cluster.ts'
import { callerOf, signToken } from '../test/deployment/exercises.ts'
import { sourcesAsImage } from '../test/deployment/image.ts'
import { startLoad } from '../test/deployment/load.ts'
import { cpuTime } from './cpu-time.ts'

const server = process.env.DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test'
const secret = 'a secret of more than thirty-two bytes, for measurements'
const seconds = 10
const endings: (() => unknown)[] = []
const teardown = (work: () => unknown) => void endings.unshift(work)

function image(): string {
  const [given] = process.argv.slice(2)
  if (given !== undefined) return given
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-capacity-'))
  teardown(() => rmSync(directory, { recursive: true }))
  return sourcesAsImage(directory)
}

try {
  const cluster = await startCluster({ teardown }, { image: image(), server, secret, api: 1, worker: 1 })
  const [api, worker] = [cluster.api[0], cluster.worker[0]]
  if (api === undefined || worker === undefined) throw new Error('nothing runs')
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  teardown(() => admin.end())
  const redisPid = Number(/process_id:(\d+)/.exec(await ask(cluster.redis.port, 'INFO server'))?.[1])
  const sessions = async () =>
    (
      await admin.query("SELECT pid FROM pg_stat_activity WHERE datname LIKE $1 || '%'", [`gatefold_deployment_${process.pid}`])
    ).rows.map(({ pid }) => pid as number)
  const times = async () => ({
    api: cpuTime(api.process.pid as number),
    worker: cpuTime(worker.process.pid as number),
    postgres: (await sessions()).reduce((sum, pid) => sum + cpuTime(pid), 0),
    redis: cpuTime(redisPid),
  })

  const tokens = await Promise.all(Array.from({ length: 5000 }, (_, index) => signToken(secret, `caller-${index}`)))
  const headers = (index: number) => ({
    authorization: `Bearer ${tokens[index % tokens.length]}`,
    'content-type': 'application/json',
  })
  const body = JSON.stringify({ agent_name: 'calculator', task_type: 'evaluate', parameters: { expression: '1 + 1' } })
  const get = { url: `${api.url}/api/v1/agents`, headers, connections: 32 }
  const post = { url: `${api.url}/api/v1/agents/execute/async`, method: 'POST', headers, body, connections: 32 }

  const measure = async (what: string, load: Parameters<typeof startLoad>[0], settled: () => Promise<void>) => {
    const warm = startLoad(load)
    await setTimeout(3000)
    await warm()
    await settled()
    const before = await times()
    const stop = startLoad(load)
    await setTimeout(seconds * 1000)
    const { requests, outcomes, seconds: took } = await stop()
    await settled()
    const after = await times()
    const cost = Object.entries(after).map(
      ([name, value]) => `${name} ${(((value - before[name as keyof typeof before]) / requests) * 1e6).toFixed(0)}`,
    )
    process.stdout.write(
      `${what}: ${(requests / took).toFixed(0)}/s, ${JSON.stringify(outcomes)}; µs of CPU for each: ${cost.join(', ')}\n`,
    )
  }

  /** Until all tasks have run. */
  const idle = async () => {
    const client = new pg.Client({ connectionString: cluster.database })
    await client.connect()
    const open = async () =>
      Number(
        (await client.query("SELECT count(*) FROM gatefold.task WHERE state IN ('queued', 'active', 'retrying')")).rows[0].count,
      )
    try {
      while ((await open()) > 0) await setTimeout(200)
    } finally {
      await client.end()
    }
  }
  await callerOf(api.url, tokens[0] as string).call('GET', '/agents')
  await measure('GET with JWT and shared limit', get, async () => {})
  await measure('task, from request to result', post, idle)
} finally {
  for (const end of endings) await end()
}

/** One question to Redis, without a client. */
async function ask(port: number, question: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${question}\r\n`)
  const [answer] = await once(socket, 'data')
  socket.destroy()
  return String(answer)
}
