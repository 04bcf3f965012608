import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createServerDatabase } from '../../src/testing/database.ts'
import { serverUrl } from '../database.ts'
import { writeProject } from '../gateway.ts'
import { gatefold, startGatefold } from './command-line.ts'

t.setTimeout(300_000)

const fine = { responses: { 200: { description: 'Fine' } } }
const operationIds = ['who', 'slow', 'stuck', 'limited', 'busy']
const openapi = {
  openapi: '3.1.0',
  info: { title: 'Several', version: '1' },
  paths: Object.fromEntries(operationIds.map((operationId) => [`/${operationId}`, { get: { operationId, ...fine } }])),
  components: { securitySchemes: { operators: { type: 'apiKey', in: 'header', name: 'x-key' } } },
}
const operatorKey = 'the key of an operator'
const sha256 = createHash('sha256').update(operatorKey).digest('hex')
const open = { access: 'public' }
const limit = 20
const large = 3000
const hourly = (limit: number, by = 'ip') => ({ limit, window: '1h', by })
const gateway = {
  openapi: './openapi.yaml',
  server: { drainDelay: '0s' },
  metrics: { path: '/metrics', port: 0 },
  ops: { path: '/ops', security: [{ operators: [] }], roles: ['operator'] },
  authentication: { operators: { apiKey: { keys: [{ id: 'op', sha256, roles: ['operator'] }] } } },
  operations: {
    ...{ who: open, slow: open, stuck: open },
    limited: { ...open, rateLimit: hourly(limit) },
    busy: { ...open, rateLimit: [hourly(large, 'header:caller'), hourly(large + 1, 'header:caller')] },
  },
}
// What takes long says in which process it has begun, and ends when the test says so.
const handlers = (version: number) => `import { existsSync, readFileSync, writeFileSync } from 'node:fs'
const place = (name) => new URL('../' + name, import.meta.url)
const begun = (name) => writeFileSync(place(name + '-' + process.pid), '')
const refuser = place('refuser')
if (existsSync(refuser) && Number(readFileSync(refuser, 'utf8')) === process.pid) throw new Error('not here')
export const who = () => ({ pid: process.pid, version: ${version} })
export const slow = async () => {
  begun('slow')
  while (!existsSync(place('end'))) await new Promise((resolve) => setTimeout(resolve, 10))
  return { pid: process.pid }
}
export const stuck = () => { begun('stuck'); return new Promise(() => {}) }
export const limited = () => ({ fine: true })
export const busy = limited
`
const two = ['--port', '0', '--workers', '2']

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: any
}

/** Asks on a connection of its own, or on that of an agent. */
async function ask(url: string, agent: Agent | false = false, headers = {}): Promise<Answer> {
  const call = request(url, { agent, headers })
  call.end()
  const [answer] = await once(call, 'response')
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) text += chunk
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(text) }
}

async function collect<Result>(times: number, work: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let i = 0; i < times; i++) results.push(await work())
  return results
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
  const inProject = (name: string) => join(directory, name)
  const begun = async (name: string) => {
    while (!existsSync(inProject(name))) await wait(10)
  }
  const ops = async (path: string, agent?: Agent) => (await ask(`${url}/ops/api/${path}`, agent, { 'x-key': operatorKey })).body
  const observed = async (agent?: Agent) => {
    const { answers } = (await ops('traffic', agent)).operations.limited
    return answers['2'] + (answers['4'] ?? 0)
  }
  const records = () =>
    readFileSync(inProject('log.jsonl'), 'utf8')
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

  await t.test('show an operator what all of them did, whoever is asked', async (t) => {
    const answers = await Promise.all([...(await reachBoth(t, url)).values()].map((agent) => seen(agent)))
    for (const { state, limited, requests } of answers) {
      t.equal(limited, 2 * limit)
      t.equal(state.process.primary, child.pid)
      const numbers = requests.map(({ number }) => number)
      t.strictSame(
        numbers,
        [...new Set(numbers)].sort((a, b) => b - a),
        'each has a number of its own, the newest the highest',
      )
      t.equal(requests.filter(({ operation }) => operation === 'limited').length, 2 * limit)
    }
    t.strictSame(new Set(answers.map(({ state }) => state.process.worker)), new Set([1, 2]))
    const newest = answers[0]?.requests[0]?.number as number
    t.strictSame(await ops(`requests?after=${newest}`), { requests: [] })
    await ask(`${url}/who`)
    t.match((await ops(`requests?after=${newest}`)).requests, [{ operation: 'who', number: newest + 1 }])

    async function seen(agent: Agent) {
      const { requests } = (await ops('requests', agent)) as { requests: { number: number; operation: string }[] }
      return { state: await ops('state', agent), limited: await observed(agent), requests }
    }
  })

  await t.test('a limit is exact while workers admit parts of it by themselves', async (t) => {
    const agents = [...(await reachBoth(t, url)).values(), ...(await reachBoth(t, url)).values()]
    const caller = 'everywhere'
    const busy = (agent?: Agent) => ask(`${url}/busy`, agent, { caller })
    const left = async () => Number(/r=(\d+)/.exec(String((await busy(agents[0])).headers.ratelimit))?.[1])
    const alone = await collect(100, left)
    t.strictSame(
      alone,
      alone.map((_, index) => large - 1 - index),
    )

    // Both workers hold a part of what is left when the limit is reached.
    let admitted = alone.length
    const untilRefused = async (agent: Agent) => {
      while ((await busy(agent)).status === 200) admitted++
    }
    await Promise.all(agents.map(untilRefused))
    t.equal(admitted, large)
  })

  await t.test('one that hangs holds up no other, and what it could admit counts as admitted', async (t) => {
    const [[pid, hanging], [, other]] = [...(await reachBoth(t, url))] as [[number, Agent], [number, Agent]]
    const caller = 'half'
    const before = await collect(5, () => ask(`${url}/busy`, hanging, { caller }))
    t.ok(before.every(({ status }) => status === 200))
    process.kill(pid, 'SIGSTOP')
    t.teardown(() => process.kill(pid, 'SIGCONT'))
    let admitted = before.length
    while ((await ask(`${url}/busy`, other, { caller })).status === 200) admitted++
    t.ok(admitted < large && admitted >= large * (1 - 1 / 16), `${admitted} were admitted`)
  })

  await t.test('one that is killed takes along only what it had begun, and another takes its place', async (t) => {
    // The one that took the free ports: the others keep them.
    const [killed, other] = pids
    const agents = await reachBoth(t, url)
    const [its, others] = pids.map((pid) => agents.get(pid)) as [Agent, Agent]
    const lost = ask(`${url}/stuck`, its).catch(({ code }) => code)
    const kept = ask(`${url}/slow`, others)
    await Promise.all([begun(`stuck-${killed}`), begun(`slow-${other}`)])
    process.kill(killed, 'SIGKILL')
    t.equal(await lost, 'ECONNRESET')
    // The system may close what it listened on after its connections.
    while (!output.stderr.includes('SIGKILL')) await wait(10)
    for (let i = 0; i < 10; i++) t.equal((await ask(`${url}/who`)).status, 200)
    writeFileSync(inProject('end'), '')
    t.match(await kept, { status: 200, body: { pid: other } })
    const after = [...(await reachBoth(t, url)).keys()]
    t.ok(after.includes(other) && !after.includes(killed))
    t.match(output.stderr, `(process ${killed}) ended by SIGKILL; another takes its place in 100 ms\n`)
    t.equal((await ask(`${url}/limited`)).status, 429, 'what was counted stays')
    t.equal(await counted('limited'), 2 * limit + 1, 'and so does what was measured')
    t.equal(await observed(), 2 * limit + 1)
  })

  await t.test('SIGHUP changes all of them or none', async (t) => {
    const agents = await reachBoth(t, url)
    const versions = () => Promise.all([...agents.values()].map(async (agent) => (await ask(`${url}/who`, agent)).body.version))
    const file = inProject('handlers/answers.js')
    writeFileSync(file, handlers(2))
    child.kill('SIGHUP')
    t.equal((await logged(({ msg }) => msg === 'reloaded', 1)).length, 1)
    t.strictSame(await versions(), [2, 2])

    writeFileSync(inProject('refuser'), String([...agents.keys()][0]))
    writeFileSync(file, handlers(3))
    child.kill('SIGHUP')
    const [refused] = await logged(({ level }) => level === 'error', 1)
    t.match(refused, { msg: /refused/, diagnostics: [{ message: /not here/ }] }, 'by the one that refuses')
    t.strictSame(await versions(), [2, 2])

    writeFileSync(inProject('refuser'), '')
    child.kill('SIGHUP')
    t.equal((await logged(({ msg }) => msg === 'reloaded', 2)).length, 2)
    t.strictSame(await versions(), [3, 3])
    t.equal(records().filter(({ level }) => level === 'error').length, 1, 'each reload is told once')
  })

  await t.test('SIGTERM: what is in flight on kept connections is answered', async (t) => {
    const agents = [...(await reachBoth(t, url)).values()]
    const idle = await reachBoth(t, url)
    for (const name of ['end', ...[...idle.keys()].map((pid) => `slow-${pid}`)]) rmSync(inProject(name), { force: true })
    const slow = agents.map((agent) => ask(`${url}/slow`, agent))
    await Promise.all([...idle.keys()].map((pid) => begun(`slow-${pid}`)))
    child.kill('SIGTERM')
    const isAccepted = () =>
      ask(`${url}/who`).then(
        () => true,
        () => false,
      )
    while (await isAccepted());
    writeFileSync(inProject('end'), '')
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
