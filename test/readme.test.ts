/** Runs what README.md shows: every block behind a comment such as `<!-- tour: … -->` is taken from its text. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { startGateway } from '../src/index.ts'
import { testDatabasePlace } from './database.ts'

t.setTimeout(180_000)

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The fenced block behind a marker. */
function block(marker: string): string {
  const from = readme.indexOf(`<!-- ${marker} -->`)
  if (from === -1) throw new Error(`README.md has no block "${marker}"`)
  const [, content] = /```\w+\n([\s\S]*?)```/.exec(readme.slice(from)) ?? []
  return content as string
}

/** A copy of the reference application in a directory of its own, as a fresh clone has it. */
function copyProject(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-readme-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  for (const name of ['openapi.yaml', 'gateway.yaml', 'handlers'])
    cpSync(join(root, name), join(directory, name), { recursive: true })
  for (const name of ['src', 'node_modules', 'package.json']) symlinkSync(join(root, name), join(directory, name))
  return directory
}

function write(directory: string, name: string, content: string): void {
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), content)
}

/** Puts a block below the line that a file has only once. */
function insertBelow(directory: string, name: string, line: string, content: string): void {
  const text = readFileSync(join(directory, name), 'utf8')
  const at = text.indexOf(`\n${line}\n`)
  if (at === -1) throw new Error(`${name} has no line "${line}"`)
  const behind = at + line.length + 2
  write(directory, name, text.slice(0, behind) + content + text.slice(behind))
}

async function serve(t: Test, directory: string) {
  const { url, dataDir } = await testDatabasePlace(t)
  const gateway = await startGateway({
    directory,
    port: 0,
    environment: { DATABASE_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
  })
  t.teardown(() => gateway.stop())
  return gateway
}

/** Runs a shell block against a gateway's port; gives what it prints. */
async function shell(script: string, url: string): Promise<string> {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script.replaceAll('localhost:8000', new URL(url).host)])
  return stdout
}

t.test('the tour: an endpoint from two edits, then from a handler', async (t) => {
  const directory = copyProject(t)
  insertBelow(directory, 'openapi.yaml', 'paths:', block('tour: openapi.yaml, below "paths:"'))
  const settings = block('tour: gateway.yaml, below "operations:"')
  insertBelow(directory, 'gateway.yaml', 'operations:', settings)

  const mocked = await serve(t, directory)
  const first = await shell(block('tour: request 1'), mocked.url)
  t.match(first, 'HTTP/1.1 200 OK')
  t.match(first, 'ratelimit-policy: "ip";q=5;w=10')
  t.match(first, '{"greeting":"Hello, Ada!"}')
  await mocked.stop()

  const text = readFileSync(join(directory, 'gateway.yaml'), 'utf8')
  write(directory, 'gateway.yaml', text.replace('mock: true, rateLimit: { limit: 5', 'rateLimit: { limit: 5'))
  write(directory, 'handlers/greetings.ts', block('tour: handlers/greetings.ts'))
  const handled = await serve(t, directory)
  const second = await shell(block('tour: request 2'), handled.url)
  t.match(second, '{"greeting":"Hello, Ada! Hello, Ada!"}')
  t.match(second, '"pointer":"/name"')
  t.match(second, '"pointer":"/times"')
})

t.test('the policy of one’s own works like a built-in one', async (t) => {
  const directory = copyProject(t)
  write(directory, 'extensions/business-hours.ts', block('example: extensions/business-hours.ts'))
  const hour = new Date().getUTCHours()
  const [from, to] = hour < 12 ? [13, 24] : [0, 1]
  insertBelow(
    directory,
    'gateway.yaml',
    'openapi: ./openapi.yaml # what the API is',
    'extensions: [./extensions/business-hours.ts]\n',
  )
  const text = readFileSync(join(directory, 'gateway.yaml'), 'utf8')
  write(
    directory,
    'gateway.yaml',
    text.replace('getIndex: { access: public,', `getIndex: { access: public, businessHours: { from: ${from}, to: ${to} },`),
  )
  const { url } = await serve(t, directory)
  const closed = await fetch(`${url}/api/v1/`)
  t.equal(closed.status, 403)
  t.match(await closed.json(), { code: 'closed', detail: `open from ${from}:00 to ${to}:00 UTC` })
})

t.test('the journey through the reference application', async (t) => {
  const { url } = await serve(t, copyProject(t))
  t.match(await shell(block('journey'), url), '"value":14')
})

t.test('the client that follows a task', async (t) => {
  const directory = copyProject(t)
  const gateway = await serve(t, directory)
  const token = await gateway.services.keys.sign({ sub: 'reader', roles: ['user'] }, { expiresIn: '5m' })
  const submitted = await fetch(`${gateway.url}/api/v1/agents/execute/async`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ agent_name: 'calculator', task_type: 'evaluate', parameters: { expression: '6 * 7' } }),
  })
  t.equal(submitted.status, 202)
  const { task_id } = (await submitted.json()) as { task_id: string }
  write(directory, 'watch.mjs', block('example: watch.mjs'))
  const { stdout } = await run(process.execPath, [join(directory, 'watch.mjs'), gateway.url, token, task_id])
  const numbers = stdout
    .trim()
    .split('\n')
    .map((line) => Number(line.split(' ')[0]))
  t.same(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => index + 1),
    'every event, once, in order',
  )
  t.match(stdout, / completed /)
})
