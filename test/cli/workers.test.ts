import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createServerDatabase } from '../../src/testing/database.ts'
import { serverUrl } from '../database.ts'
import { writeProject } from '../gateway.ts'
import { gatefold, startGatefold } from './command-line.ts'

t.setTimeout(120_000)

const fine = { responses: { 200: { description: 'Fine' } } }
const operationIds = ['who', 'slow', 'stuck', 'limited']
const openapi = {
  openapi: '3.1.0',
  info: { title: 'Several', version: '1' },
  paths: Object.fromEntries(operationIds.map((operationId) => [`/${operationId}`, { get: { operationId, ...fine } }])),
}
const open = { access: 'public' }
const limit = 20
const gateway = {
  openapi: './openapi.yaml',
  server: { drainDelay: '0s' },
  metrics: { path: '/metrics', port: 0 },
  operations: { who: open, slow: open, stuck: open, limited: { ...open, rateLimit: { limit, window: '600s', by: 'ip' } } },
}
const handlers = (version: number) => `import { existsSync, readFileSync } from 'node:fs'
const refuser = new URL('../refuser', import.meta.url)
if (existsSync(refuser) && Number(readFileSync(refuser, 'utf8')) === process.pid) throw new Error('not here')
export const who = () => ({ pid: process.pid, version: ${version} })
export const slow = async () => { await new Promise((resolve) => setTimeout(resolve, 700)); return { pid: process.pid } }
export const stuck = () => new Promise(() => {})
export const limited = () => ({ fine: true })
`
const two = ['--port', '0', '--workers', '2']

interface Answer {
  status: number
  body: any
}

/** Asks on a connection of its own, or on that of an agent. */
async function ask(url: string, agent: Agent | false = false): Promise<Answer> {
  const call = request(url, { agent })
  call.end()
  const [answer] = await once(call, 'response')
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) text += chunk
  return { status: answer.statusCode, body: JSON.parse(text) }
}

function agentOf(t: Test): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  return agent
}

/** Kept connections to two workers, by the worker's process id. */
async function reachBoth(t: Test, url: string): Promise<Map<number, Agent>> {
  const agents = new Map<number, Agent>()
  while (agents.size < 2) {
    const agent = agentOf(t)
    const { body } = await ask(`${url}/who`, agent)
    if (agents.has(body.pid)) agent.destroy()
    else agents.set(body.pid, agent)
  }
  return agents
}

t.test('two workers', async (t) => {
  const directory = writeProject(t, { openapi, gateway, files: { 'handlers/answers.js': handlers(1) } })
  const { child, url, output, exited } = await startGatefold(t, directory, two)
  const metricsUrl = /metrics +(\S+)/.exec(output.stdout)?.[1] as string
  const pids = /workers +2, processes (\d+), (\d+)\n\n$/.exec(output.stdout)?.slice(1).map(Number) as [number, number]
  const counted = async (operation: string) => {
    const text = await (await fetch(metricsUrl, { headers: { connection: 'close' } })).text()
    const counts = text.matchAll(/^http_server_request_duration_seconds_count\{([^}]*)\} (\d+)$/gm)
    return [...counts].reduce((sum, [, labels, count]) => sum + (labels?.includes(`"${operation}"`) ? Number(count) : 0), 0)
  }
  const records = () =>
    readFileSync(join(directory, 'log.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line): Record<string, any>[] => (line === '' ? [] : [JSON.parse(line)]))
  const logged = async (found: (record: Record<string, any>) => boolean, times: number) => {
    while (records().filter(found).length < times) await wait(50)
    return records().filter(found)
  }

  await t.test('share a port, a limit and their metrics', async (t) => {
    const agents = await reachBoth(t, url)
    t.strictSame([...agents.keys()].toSorted(), pids.toSorted())
    const answers = await Promise.all(Array.from({ length: 2 * limit }, () => ask(`${url}/limited`)))
    t.equal(answers.filter(({ status }) => status === 200).length, limit, 'no more and no less than one limit admits')
    t.equal(answers.filter(({ status }) => status === 429).length, limit)
    for (let i = 0; i < 3; i++) t.equal(await counted('limited'), 2 * limit, 'whoever is asked for metrics knows all')
    const workers = await logged(({ op }) => op === 'limited', 2 * limit)
    t.strictSame(new Set(workers.map(({ worker }) => worker)), new Set([1, 2]), 'the log says which worker it was')
  })

  await t.test('one that is killed takes along only what it had begun, and another takes its place', async (t) => {
    // The one that took the free ports: the others keep them.
    const [killed, other] = pids
    const agents = await reachBoth(t, url)
    const [its, others] = pids.map((pid) => agents.get(pid)) as [Agent, Agent]
    const lost = ask(`${url}/stuck`, its).catch(({ code }) => code)
    const kept = ask(`${url}/slow`, others)
    while (its.sockets !== undefined && Object.keys(its.sockets).length === 0) await wait(10)
    await wait(100)
    process.kill(killed, 'SIGKILL')
    t.equal(await lost, 'ECONNRESET')
    for (let i = 0; i < 10; i++) t.equal((await ask(`${url}/who`)).status, 200)
    t.strictSame(await kept, { status: 200, body: { pid: other } })
    const after = [...(await reachBoth(t, url)).keys()]
    t.ok(after.includes(other) && !after.includes(killed))
    t.match(output.stderr, `(process ${killed}) ended by SIGKILL; another takes its place in 100 ms\n`)
    t.equal((await ask(`${url}/limited`)).status, 429, 'what was counted stays')
    t.equal(await counted('limited'), 2 * limit + 1, 'and so does what was measured')
  })

  await t.test('SIGHUP changes all of them or none', async (t) => {
    const agents = await reachBoth(t, url)
    const versions = () => Promise.all([...agents.values()].map(async (agent) => (await ask(`${url}/who`, agent)).body.version))
    const file = join(directory, 'handlers/answers.js')
    writeFileSync(file, handlers(2))
    child.kill('SIGHUP')
    t.equal((await logged(({ msg }) => msg === 'reloaded', 1)).length, 1)
    t.strictSame(await versions(), [2, 2])

    writeFileSync(join(directory, 'refuser'), String([...agents.keys()][0]))
    writeFileSync(file, handlers(3))
    child.kill('SIGHUP')
    const [refused] = await logged(({ level }) => level === 'error', 1)
    t.match(refused, { msg: /refused/, diagnostics: [{ message: /not here/ }] }, 'by the one that refuses')
    t.strictSame(await versions(), [2, 2])

    writeFileSync(join(directory, 'refuser'), '')
    child.kill('SIGHUP')
    t.equal((await logged(({ msg }) => msg === 'reloaded', 2)).length, 2)
    t.strictSame(await versions(), [3, 3])
    t.equal(records().filter(({ level }) => level === 'error').length, 1, 'each reload is told once')
  })

  await t.test('SIGTERM: what is in flight on kept connections is answered', async (t) => {
    const agents = [...(await reachBoth(t, url)).values()]
    const idle = await reachBoth(t, url)
    const slow = agents.map((agent) => ask(`${url}/slow`, agent))
    await wait(200)
    child.kill('SIGTERM')
    t.strictSame(
      (await Promise.all(slow)).map(({ status }) => status),
      [200, 200],
    )
    t.equal(await exited, 0)
    for (const pid of idle.keys()) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  })
})

t.test('wrong documents end the start, and are told once', async (t) => {
  const broken = { ...gateway, operations: { ...gateway.operations, nobody: open } }
  const directory = writeProject(t, { openapi, gateway: broken, files: { 'handlers/answers.js': handlers(1) } })
  const { code, stdout, stderr } = await gatefold(directory, ['start', ...two])
  t.strictSame({ code, stdout }, { code: 1, stdout: '' })
  t.equal(stderr.match(/unknown-operation/g)?.length, 1)
})

t.test('the embedded database belongs to one process', async (t) => {
  const stored = `export const uses = ['database']\nexport const who = () => ({})\n`
  const paths = { '/who': openapi.paths['/who'] }
  const directory = writeProject(t, {
    openapi: { ...openapi, paths },
    gateway: { ...gateway, operations: { who: open } },
    files: { 'handlers/stored.js': stored },
  })
  const { code, stderr } = await gatefold(directory, ['start', ...two])
  t.equal(code, 1)
  t.match(stderr, /^gateway\.yaml.* error database\.url is empty.*--workers[\s\S]*DATABASE_URL/)
  t.match(stderr, '[embedded-database-shared]')
})

t.test('a port that somebody has is not shared with him', async (t) => {
  const directory = writeProject(t, { openapi, gateway, files: { 'handlers/answers.js': handlers(1) } })
  const { url } = await startGatefold(t, directory, two)
  const { port } = new URL(url)
  const { code, stderr } = await gatefold(directory, ['start', '--port', port, '--workers', '2'])
  t.equal(code, 1)
  t.match(stderr, `port ${port} is in use`)
})

t.test('numbers that make no sense', async (t) => {
  for (const number of ['0', 'many', '1.5']) {
    const { code, stderr } = await gatefold(import.meta.dirname, ['start', '--workers', number])
    t.equal(code, 2)
    t.match(stderr, `'${number}' is no number of workers`)
  }
})

t.test('live clients', { skip: serverUrl === '' && 'several processes need DATABASE_URL' }, async (t) => {
  const { url: database, drop } = await createServerDatabase(serverUrl)
  t.teardown(drop)
  const paths = { '/run': { post: { operationId: 'run', ...fine } } }
  const directory = writeProject(t, {
    openapi: { ...openapi, paths },
    gateway: { ...gateway, database: { url: database }, operations: { run: { ...open, task: { visibleTo: ['public'] } } } },
    files: { 'handlers/run.js': 'export const run = () => ({ done: true })' },
  })
  const { url, child, exited } = await startGatefold(t, directory, two)
  const polled = await fetch(`${url}/ws/?EIO=4&transport=polling`)
  t.strictSame(
    { status: polled.status, body: await polled.json() },
    { status: 400, body: { code: 0, message: "only WebSocket is served: connect with { transports: ['websocket'] }" } },
  )
  t.match(await (await fetch(`${url}/asyncapi.json`)).text(), 'over WebSocket only')
  child.kill('SIGINT')
  t.equal(await exited, 0)
})
