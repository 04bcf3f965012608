/**
 * Restarts and reloads under load: `node bench/rolling.ts [rounds]`. Two real `gatefold start` processes; 60 kept connections send 500 requests a
 * second in all. In each of 10 rounds both are reloaded (SIGHUP) and then restarted (SIGTERM) one after the other. The client goes to the
 * other process when a connection is refused, and does nothing else about errors: every request that fails is counted.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const rounds = Number(process.argv[2] ?? 10)
const connections = 60
const perSecond = 500
const main = join(import.meta.dirname, '../src/cli/main.ts')

const directory = mkdtempSync(join(tmpdir(), 'gatefold-rolling-'))
const files = {
  'openapi.yaml': `openapi: 3.1.0
info: { title: rolling, version: '1' }
paths:
  /echo:
    post:
      operationId: echo
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { n: { type: integer } } } } } }
      responses: { '200': { description: the same, content: { application/json: { schema: { type: object } } } } }
`,
  'gateway.yaml': `log: { level: error }
operations: { echo: { access: public, rateLimit: { limit: 1000000, window: 60s, by: ip } } }
`,
  'handlers/echo.ts': `export const echo = ({ body }) => ({ n: body.n })\n`,
}
for (const [name, text] of Object.entries(files)) {
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), text)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

interface Instance {
  port: number
  child: ChildProcess
}

function launch(port: number): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [main, 'start', '--port', String(port)], { cwd: directory, env: { PATH, HOME } })
  child.stdout.resume()
  child.stderr.pipe(process.stderr)
  return child
}

async function untilReady({ port }: Instance): Promise<void> {
  while ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status !== 200) await wait(50)
}

const instances: Instance[] = []
for (const port of [await freePort(), await freePort()]) instances.push({ port, child: launch(port) })
await Promise.all(instances.map(untilReady))

const counted = { sent: 0, answered: 0, refused: 0, failed: new Map<string, number>() }
let loading = true

/** One request on a kept connection, or on a new one. */
function send(agent: Agent, port: number, n: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const headers = { 'content-type': 'application/json' }
  const call = request({ agent, host: '127.0.0.1', port, method: 'POST', path: '/echo', headers }, (res) => {
    let text = ''
    res.on('data', (chunk: Buffer) => {
      text += chunk
    })
    res.on('end', () => resolve(res.statusCode === 200 && text === `{"n":${n}}` ? 'answered' : `answered ${res.statusCode}`))
    res.on('error', (error) => resolve(`cut off: ${error.message}`))
  })
  call.on('error', ({ code, syscall }: NodeJS.ErrnoException) =>
    resolve(code === 'ECONNREFUSED' ? 'refused' : `${syscall} ${code} on a ${call.reusedSocket ? 'kept' : 'new'} connection`),
  )
  call.end(JSON.stringify({ n }))
  return promise
}

async function client(index: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let at = index % 2
  await wait((index * 1000) / perSecond)
  for (let n = 0; loading; n++) {
    const next = wait((1000 * connections) / perSecond)
    counted.sent++
    let outcome = await send(agent, (instances[at] as Instance).port, n)
    if (outcome === 'refused') {
      counted.refused++
      at = 1 - at
      outcome = await send(agent, (instances[at] as Instance).port, n)
    }
    if (outcome === 'answered') counted.answered++
    else counted.failed.set(outcome, (counted.failed.get(outcome) ?? 0) + 1)
    await next
  }
  agent.destroy()
}

const since = performance.now()
const clients = Promise.all(Array.from({ length: connections }, (_, index) => client(index)))
await wait(1000)
for (let round = 1; round <= rounds; round++) {
  for (const instance of instances) {
    writeFileSync(join(directory, 'handlers/echo.ts'), `${files['handlers/echo.ts']}// ${round}\n`)
    instance.child.kill('SIGHUP')
    await wait(300)
    instance.child.kill('SIGTERM')
    const [code] = await once(instance.child, 'exit')
    if (code !== 0) console.log(`a process ended with ${code}`)
    instance.child = launch(instance.port)
    await untilReady(instance)
    await wait(300)
  }
}
loading = false
await clients
const seconds = (performance.now() - since) / 1000
const failed = [...counted.failed.values()].reduce((sum, count) => sum + count, 0)
console.log(
  `${rounds} rounds of two restarts and two reloads in ${Math.round(seconds)} s: ${counted.sent} requests (${Math.round(counted.sent / seconds)}/s over ${connections} connections), ` +
    `${counted.answered} answered, ${failed} failed, ${counted.refused} connections refused and made to the other process`,
)
for (const [outcome, count] of counted.failed) console.log(`  ${count} × ${outcome}`)
for (const { child } of instances) child.kill('SIGTERM')
await Promise.all(instances.map(({ child }) => once(child, 'exit')))
rmSync(directory, { recursive: true })
process.exitCode = failed === 0 ? 0 : 1
