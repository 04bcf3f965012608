import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { seedDataDirectory } from '../database.ts'
import { writeProject } from '../gateway.ts'
import { gatefold, type Running, startGatefold } from './command-line.ts'

t.setTimeout(300_000)

const fine = { responses: { 200: { description: 'Fine' } } }
const openapi = {
  openapi: '3.1.0',
  info: { title: 'Waiting', version: '1' },
  servers: [{ url: '/api' }],
  paths: {
    '/quick': { get: { operationId: 'quick', ...fine } },
    '/slow': { get: { operationId: 'slow', ...fine } },
    '/stuck': { get: { operationId: 'stuck', ...fine } },
    '/mine': { get: { operationId: 'mine', security: [{ bearer: [] }], ...fine } },
    '/stored': { get: { operationId: 'stored', ...fine } },
  },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
}

const open = { access: 'public' }
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: filled in by the gateway
const gateway = {
  openapi: './openapi.yaml',
  server: { port: '${PORT:-8000}', shutdownTimeout: '${SHUTDOWN:-20s}', drainDelay: '${DRAIN:-0s}' },
  authentication: { bearer: { jwt: { algorithms: ['HS256'], secret: '${JWT_SECRET:-}' } } },
  // Longer than a test may take: whatever waits for it to end fails.
  operations: { quick: open, slow: open, stuck: { ...open, timeout: '10m' }, stored: open },
}
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: filled in by the gateway

// What takes long says when it has begun, and ends when the test says so.
const answers = `import { existsSync, writeFileSync } from 'node:fs'
const place = (name) => new URL('../' + name, import.meta.url)
export const quick = () => ({ quick: true })
export const slow = async () => {
  writeFileSync(place('begun'), '')
  while (!existsSync(place('end'))) await new Promise((resolve) => setTimeout(resolve, 10))
  return { slow: true }
}
export const stuck = () => { writeFileSync(place('begun'), ''); return new Promise(() => {}) }
export const mine = (_request, { principal }) => ({ subject: principal.subject, roles: principal.roles })
`
const stored = `export const uses = ['database']
export const stored = async (_request, { services }) => (await services.database.query('select 1 as one')).rows[0]
`

function project(t: Test, settings: object = {}): string {
  return writeProject(t, {
    openapi,
    gateway: { ...gateway, ...settings },
    files: { 'handlers/answers.js': answers, 'handlers/stored.js': stored },
  })
}

/** Without the operation that needs a database: such gateways start at once. */
function projectWithoutDatabase(t: Test, settings: object = {}): string {
  const { '/stored': _, ...paths } = openapi.paths
  const { stored: __, ...operations } = gateway.operations
  const files = { 'handlers/answers.js': answers }
  return writeProject(t, { openapi: { ...openapi, paths }, gateway: { ...gateway, operations, ...settings }, files })
}

t.test('a banner says what is served where', async (t) => {
  const directory = project(t, { ops: { path: '/ops', security: [{ bearer: [] }], roles: ['admin'] } })
  await seedDataDirectory(join(directory, '.gatefold'))
  const { child, exited, output, url } = await startGatefold(t, directory)
  const lines = [
    '\ngatefold is serving, ready in \\d+ ms\n',
    `  API       ${url}/api/  \\(5 operations\\)`,
    `  docs      ${url}/api/docs`,
    `  OpenAPI   ${url}/api/openapi.json`,
    `  operators ${url}/ops`,
    `  health    ${url}/livez, ${url}/readyz`,
    '  database  embedded Postgres in ./.gatefold',
    '  secret    generated for development, kept in .*/.gatefold/jwt-secret\n\n',
  ]
  t.match(output.stdout, new RegExp(`^${lines.join('\n')}$`))
  t.strictSame(await (await fetch(`${url}/api/stored`)).json(), { one: 1 })

  const second = await gatefold(directory, ['start', '--port', '0'])
  const inUse = new RegExp(`^gatefold: the data directory .*/\\.gatefold is in use by process ${child.pid}: .*DATABASE_URL`)
  t.match(second, { code: 1, stdout: '', stderr: inUse }, 'a second process keeps out of the data directory')
  t.strictSame(await (await fetch(`${url}/api/stored`)).json(), { one: 1 }, 'and the first one is not disturbed')

  const signed = await gatefold(directory, ['token', '--subject', 'ada', '--role', 'user', '--role', 'admin'])
  t.match(signed, { code: 0, stdout: /^[\w-]+\.[\w-]+\.[\w-]+\n$/, stderr: '' }, 'a token is all that token prints')
  const mine = await fetch(`${url}/api/mine`, { headers: { authorization: `Bearer ${signed.stdout.trim()}` } })
  t.strictSame(await mine.json(), { subject: 'ada', roles: ['user', 'admin'] }, 'and the running gateway accepts it')

  child.kill('SIGTERM')
  t.equal(await exited, 0)
  t.equal(output.stderr, '')
})

t.test('the port', async (t) => {
  const directory = projectWithoutDatabase(t)
  const taken = createServer().listen(0)
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const inUse = `gatefold: port ${port} is in use; stop what listens there, or choose another with PORT or --port\n`
  const expected = { code: 1, stdout: '', stderr: inUse }
  t.strictSame(await gatefold(directory, ['start'], { PORT: String(port) }), expected, 'from PORT')
  t.strictSame(await gatefold(directory, ['start', '--port', String(port)]), expected, 'from --port')
  const running = await startGatefold(t, directory, ['--port', '0'], { PORT: String(port) })
  t.equal((await fetch(`${running.url}/livez`)).status, 200, '--port goes before PORT')
  t.match(await gatefold(directory, ['start'], { PORT: 'http' }), { code: 1, stderr: /server\.port is "http"/ })
})

t.test('production has no secret of its own', async (t) => {
  const { code, stdout, stderr } = await gatefold(projectWithoutDatabase(t), ['start'], { NODE_ENV: 'production' })
  t.strictSame({ code, stdout }, { code: 1, stdout: '' })
  t.match(stderr, /^gateway\.yaml:\d+:\d+ error .*NODE_ENV=production \[missing-secret\]\n[\s\S]*openssl rand/)
})

t.test('broken documents start nothing', async (t) => {
  const broken = join(import.meta.dirname, 'fixtures/broken')
  const { code, stdout, stderr } = await gatefold(broken, ['start', '--port', '0'])
  t.strictSame({ code, stdout }, { code: 1, stdout: '' })
  t.match(stderr, /9 errors, 1 warning\n$/)
})

/** A connection of its own, and everything that came over it. */
async function openConnection(
  { url }: Running,
  request: string,
): Promise<{ socket: Socket; received: () => string; closed: Promise<unknown> }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => (text += chunk))
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  socket.write(`GET ${request} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  return { socket, received: () => text, closed }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}

t.test('a log that cannot be written is said once, and the API goes on', async (t) => {
  const rows: [what: string, log: object, said: RegExp][] = [
    [
      'nobody reads it any more',
      {},
      /^gatefold: the log cannot be written: whoever read it has closed the pipe, and it ends here\n$/,
    ],
    ['the disk is full', { file: '/dev/full' }, /^gatefold: the log cannot be written: ENOSPC.* up to 8 MiB of it wait .*\n$/],
  ]
  for (const [what, log, said] of rows) {
    const { child, output, url, exited } = await startGatefold(t, projectWithoutDatabase(t, { log }))
    const ask = async () => t.equal((await fetch(`${url}/api/quick`)).status, 200)
    child.stdout?.destroy()
    await ask()
    await until(() => output.stderr !== '')
    for (let i = 0; i < 100; i++) await ask()
    // Longer than the log waits before it tries again.
    await new Promise((resolve) => setTimeout(resolve, 2000))
    t.match(output.stderr, said, what)
    child.stderr?.destroy()
    child.kill('SIGHUP')
    await ask()
    child.kill('SIGTERM')
    t.equal(await exited, 0)
  }
})

t.test('a rejected promise that nobody awaits harms nobody else', async (t) => {
  const handlers = `export const quick = () => { void Promise.reject(new Error('left alone')); return { quick: true } }
export const slow = () => ({}); export const stuck = () => ({}); export const mine = () => ({})`
  const directory = projectWithoutDatabase(t)
  writeFileSync(join(directory, 'handlers/answers.js'), handlers)
  const { url, child, exited } = await startGatefold(t, directory)
  for (let i = 0; i < 2; i++) t.equal((await fetch(`${url}/api/quick`)).status, 200)
  child.kill('SIGTERM')
  t.equal(await exited, 0)
  t.match(readFileSync(join(directory, 'log.jsonl'), 'utf8'), 'left alone', 'the log has it')
})

t.test('SIGTERM: what is in flight is answered, idle connections are closed', async (t) => {
  const directory = projectWithoutDatabase(t)
  const running = await startGatefold(t, directory)
  const idle = await openConnection(running, '/api/quick')
  await until(() => idle.received().includes('{"quick":true}'))
  t.match(idle.received(), /\r\nConnection: keep-alive\r\n/i)
  const busy = await openConnection(running, '/api/slow')
  await until(() => existsSync(join(directory, 'begun')))

  running.child.kill('SIGTERM')
  await idle.closed
  t.notOk(busy.received(), 'the idle connection is closed before the slow answer is there')
  await t.rejects(fetch(`${running.url}/livez`), 'nobody is accepted any more')
  writeFileSync(join(directory, 'end'), '')
  await busy.closed
  t.match(busy.received(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n[\s\S]*\{"slow":true\}$/i)
  t.equal(await running.exited, 0)
})

t.test('SIGTERM: what does not end is cut off after shutdownTimeout', async (t) => {
  const directory = projectWithoutDatabase(t)
  const running = await startGatefold(t, directory, ['--port', '0'], { DRAIN: '100ms', SHUTDOWN: '300ms' })
  const stuck = await openConnection(running, '/api/stuck')
  await until(() => existsSync(join(directory, 'begun')))
  running.child.kill('SIGTERM')
  await stuck.closed
  t.equal(stuck.received(), '')
  t.equal(await running.exited, 0)
})

t.test('a second SIGINT ends it at once', async (t) => {
  const directory = projectWithoutDatabase(t)
  const running = await startGatefold(t, directory)
  const stuck = await openConnection(running, '/api/stuck')
  await until(() => existsSync(join(directory, 'begun')))
  running.child.kill('SIGINT')
  await t.resolves(refused(running), 'the first one is being obeyed')
  running.child.kill('SIGINT')
  t.equal(await running.exited, 130)
  await stuck.closed
})

/** Resolves as soon as no connection is accepted. */
async function refused({ url }: Running): Promise<void> {
  const accepted = () =>
    fetch(`${url}/livez`, { headers: { connection: 'close' } }).then(
      () => true,
      () => false,
    )
  while (await accepted());
}

t.test('SIGHUP reloads; what has errors is refused, loudly', async (t) => {
  const directory = projectWithoutDatabase(t)
  const { child, url, exited } = await startGatefold(t, directory, ['--port', '0'], { JWT_SECRET: 'x'.repeat(40) })
  const quick = async () => (await fetch(`${url}/api/quick`)).text()
  const records = () =>
    readFileSync(join(directory, 'log.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line): Record<string, any>[] => (line === '' ? [] : [JSON.parse(line)]))
  const logged = async (found: (record: Record<string, any>) => boolean) => {
    while (!records().some(found)) await new Promise((resolve) => setTimeout(resolve, 50))
    return records().find(found)
  }
  t.equal(await quick(), '{"quick":true}')

  writeFileSync(join(directory, 'handlers/answers.js'), answers.replace('quick: true', 'quick: 2'))
  child.kill('SIGHUP')
  t.match(await logged(({ msg }) => msg === 'reloaded'), {
    level: 'info',
    generation: 2,
    changed: ['quick', 'slow', 'stuck', 'mine'],
  })
  t.equal(await quick(), '{"quick":2}')

  writeFileSync(join(directory, 'openapi.yaml'), 'openapi: [')
  child.kill('SIGHUP')
  const refused = await logged(({ level }) => level === 'error')
  t.match(refused, { generation: 2, diagnostics: [{ code: 'yaml-syntax', at: { file: 'openapi.yaml', line: 1 } }] })
  t.match(refused?.msg, /refused.*generation 2 goes on serving/)
  t.equal(await quick(), '{"quick":2}')
  child.kill('SIGTERM')
  t.equal(await exited, 0)
})

t.test('SIGTERM: requests on kept connections and new ones are answered until others had the time to notice', async (t) => {
  const directory = projectWithoutDatabase(t)
  const { child, url, exited } = await startGatefold(t, directory, ['--port', '0'], { DRAIN: '10m', JWT_SECRET: 'x'.repeat(40) })
  const agents = Array.from({ length: 5 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  t.teardown(() => {
    for (const agent of agents) agent.destroy()
  })
  const ask = async (path: string, agent?: Agent) => {
    const call = request(url + path, { agent })
    call.end()
    const [answer] = await once(call, 'response')
    answer.resume()
    await once(answer, 'end')
    return { status: answer.statusCode, connection: answer.headers.connection, kept: call.reusedSocket }
  }
  for (const agent of agents) t.match(await ask('/api/quick', agent), { status: 200, connection: 'keep-alive' })
  child.kill('SIGTERM')
  while ((await ask('/readyz')).status !== 503);
  for (const agent of agents) t.match(await ask('/api/quick', agent), { status: 200, connection: 'close', kept: true })
  for (const agent of agents) t.match(await ask('/api/quick', agent), { status: 200, connection: 'close', kept: false })
  child.kill('SIGTERM')
  t.equal(await exited, 130, 'a second one waits for nobody')
})
