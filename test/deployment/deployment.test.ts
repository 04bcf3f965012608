import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { serverUrl } from '../database.ts'
import { redisServerExists } from '../redis-server.ts'
import { balancerExists } from './balancer.ts'
import { startCluster } from './cluster.ts'
import { doesWithoutRedis, rolls, runsAgents, sharesLimits, signIn, signToken } from './exercises.ts'
import { sourcesAsImage } from './image.ts'
import { startLoad } from './load.ts'

const missing = [serverUrl === '' && 'DATABASE_URL', !redisServerExists && 'redis-server', !balancerExists && 'haproxy'].filter(
  (name) => name !== false,
)

t.test('what docker-compose.yml starts', { skip: missing.length > 0 && `without ${missing.join(', ')}` }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-deployment-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const secret = 'a secret of more than thirty-two bytes, for tests'
  const cluster = await startCluster(t, { image: sourcesAsImage(directory), server: serverUrl, secret, worker: 1 })
  t.equal(await cluster.balancer?.servers(), 2)
  const ada = await signIn(cluster, 'ada@example.com')

  await t.test('agents run, now and elsewhere, and are followed live', (t) => runsAgents(t, cluster, ada))
  await t.test('a limit is one limit, whichever process is asked', async (t) => {
    await sharesLimits(t, cluster, await signToken(secret, 'crowd'))
  })
  await t.test('probes and metrics are not for the public', async (t) => {
    for (const path of ['/livez', '/readyz', '/metrics']) t.equal((await fetch(cluster.url + path)).status, 404, path)
    for (const { url } of [...cluster.api, ...cluster.worker]) t.equal((await fetch(`${url}/readyz`)).status, 200)
  })
  await t.test('Redis goes and comes back', (t) => doesWithoutRedis(t, cluster, ada))
  await t.test('no request fails while a process of the API is replaced', async (t) => {
    const stop = startLoad({ url: `${cluster.url}/api/v1/health`, connections: 20, pause: 10 })
    await rolls(t, cluster, 1)
    const { requests, outcomes } = await stop()
    t.same(outcomes, { 200: requests })
  })
})
