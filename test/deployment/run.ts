/**
 * The deployment of docker-compose.yml on this machine, without an engine, from the image that the Dockerfile makes:
 *
 *   DATABASE_URL=postgres://… node test/deployment/run.ts [directory of an image that was made before]
 *
 * Needs redis-server and haproxy; as root the processes run as the image's user, who may write nothing. Takes about three minutes and
 * prints what was found; fails at the first thing that is not as it should be.
 */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
import { callerOf, doesWithoutRedis, rolls, runsAgents, sharesLimits, signIn, signToken } from './exercises.ts'
import { buildImage } from './image.ts'
import { type LoadResult, startLoad } from './load.ts'

const server = process.env.DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test'
const secret = 'a secret of more than thirty-two bytes, for measurements'
const unprivileged = process.getuid?.() === 0
let image = process.argv[2]

t.setTimeout(900_000)

t.test('the image is made as the Dockerfile says', { skip: image !== undefined && 'it was made before' }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-image-'))
  chmodSync(directory, 0o755)
  process.on('exit', () => rmSync(directory, { recursive: true }))
  image = buildImage(directory)
  t.comment(image)
})

const start = (t: Parameters<typeof startCluster>[0], more: Partial<ClusterOptions> = {}): Promise<Cluster> =>
  startCluster(t, { image: image as string, server, secret, unprivileged, ...more })

t.test('what docker-compose.yml starts', async (t) => {
  const cluster = await start(t)
  const ada = await signIn(cluster, 'ada@example.com')
  await t.test('agents run, now and elsewhere, and are followed live', (t) => runsAgents(t, cluster, ada))
  await t.test('a limit is one limit', async (t) => sharesLimits(t, cluster, await signToken(secret, 'crowd')))
  await t.test('Redis goes and comes back', (t) => doesWithoutRedis(t, cluster, ada))

  await t.test('a worker that is killed loses no task', async (t) => {
    const text = 'A rather long sentence about nothing in particular. '.repeat(200)
    const job = { agent_name: 'text_analyst', task_type: 'summarize', parameters: { text } }
    const submitted = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const owner = callerOf(cluster.url, await signToken(secret, `owner-${index % 20}`))
        return { owner, answer: await owner.call('POST', '/agents/execute/async', job) }
      }),
    )
    await cluster.worker[0]?.end('SIGKILL')
    const killedAt = performance.now()
    for (const { owner, answer } of submitted) {
      assert.equal(answer.status, 202, JSON.stringify(answer.body))
      for (;;) {
        const { body } = await owner.call('GET', `/tasks/${answer.body.task_id}`)
        if (body.status === 'completed') break
        assert.notEqual(body.status, 'failed')
        await setTimeout(100)
      }
    }
    t.comment(`60 tasks completed ${((performance.now() - killedAt) / 1000).toFixed(1)} s after one of two workers was killed`)
    cluster.worker[0] = await cluster.start('worker')
  })

  await t.test('no request fails while the processes of the API are replaced, five times', async (t) => {
    const tokens = await Promise.all(Array.from({ length: 1000 }, (_, index) => signToken(secret, `roller-${index}`)))
    const headers = (index: number) => ({ authorization: `Bearer ${tokens[index % tokens.length]}` })
    const stop = startLoad({ url: `${cluster.url}/api/v1/agents`, connections: 60, pause: 100, headers })
    for (let i = 0; i < 5; i++) await rolls(t, cluster)
    report(t, 'rolling restarts', await stop())
  })

  await t.test('an api process that is killed costs those requests that it had in hand, at most', async (t) => {
    const stop = startLoad({ url: `${cluster.url}/api/v1/health`, connections: 60, pause: 20 })
    await setTimeout(500)
    await cluster.api[0]?.end('SIGKILL')
    await setTimeout(3000)
    report(t, 'kill -9', await stop(), false)
  })
})

t.test('throughput', async (t) => {
  t.comment(`${availableParallelism()} cores, shared by the load, HAProxy, Redis and Postgres`)
  const tokens = await Promise.all(Array.from({ length: 5000 }, (_, index) => signToken(secret, `caller-${index}`)))
  const headers = (index: number) => ({ authorization: `Bearer ${tokens[index % tokens.length]}` })
  for (const api of [1, 2, 4]) {
    await t.test(`${api} api processes`, async (t) => {
      const cluster = await start(t, { api, worker: 0 })
      for (const path of ['/health', '/agents']) {
        const load = { url: `${cluster.url}/api/v1${path}`, connections: 32, ...(path === '/agents' && { headers }) }
        const warm = startLoad(load)
        await setTimeout(2000)
        await warm()
        const stop = startLoad(load)
        const before = cpuSeconds(cluster)
        await setTimeout(8000)
        const result = await stop()
        report(t, path, result)
        t.comment(
          `  CPU of the api processes: ${(((cpuSeconds(cluster) - before) / result.requests) * 1e6).toFixed(0)} µs a request`,
        )
      }
    })
  }
})

/** User and system time of the api processes so far, from /proc. */
function cpuSeconds({ api }: Cluster): number {
  return api.reduce((sum, { process: { pid } }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return sum + (Number(fields[11]) + Number(fields[12])) / 100
  }, 0)
}

function report(
  t: { comment(text: string): void; same(a: unknown, b: unknown): void },
  what: string,
  { requests, seconds, outcomes, times }: LoadResult,
  all = true,
): void {
  const at = (share: number) => times[Math.floor(times.length * share)]?.toFixed(1)
  t.comment(
    `${what}: ${requests} requests, ${(requests / seconds).toFixed(0)}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${JSON.stringify(outcomes)}`,
  )
  if (all) t.same(outcomes, { 200: requests })
}
