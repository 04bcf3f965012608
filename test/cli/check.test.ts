import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeProject } from '../gateway.ts'
import { gatefold } from './command-line.ts'

t.setTimeout(300_000)

const broken = join(import.meta.dirname, 'fixtures/broken')

// UPDATE_GOLDEN=1 writes the files anew.
function golden(name: string, found: string): string {
  const file = join(import.meta.dirname, 'golden', name)
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, found)
  return readFileSync(file, 'utf8')
}

t.test('for people: on standard error, with code frames', async (t) => {
  const { code, stdout, stderr } = await gatefold(broken, ['check'])
  t.strictSame({ code, stdout }, { code: 1, stdout: '' })
  t.equal(stderr, golden('check-pretty.txt', stderr))
  t.notMatch(stderr, '\u001b', 'without colours where nobody sees them')
})

t.test('for programs: the same findings as JSON', async (t) => {
  const { code, stdout, stderr } = await gatefold(broken, ['check', '--format', 'json'])
  t.strictSame({ code, stderr }, { code: 1, stderr: '' })
  t.equal(stdout, golden('check.json', stdout))
  const pretty = readFileSync(join(import.meta.dirname, 'golden/check-pretty.txt'), 'utf8')
  for (const { file, line, column, severity, message, code } of JSON.parse(stdout)) {
    t.ok(pretty.includes(`${file}:${line}:${column} ${severity} ${message} [${code}]\n`), code)
  }
})

t.test("for annotations on GitHub's pages", async (t) => {
  const { code, stdout, stderr } = await gatefold(broken, ['check', '--format', 'github'])
  t.strictSame({ code, stderr }, { code: 1, stderr: '' })
  t.equal(stdout, golden('check-github.txt', stdout))
})

t.test('the reference application is fine', async (t) => {
  const repository = join(import.meta.dirname, '../..')
  t.match(await gatefold(repository, ['check']), { code: 0, stdout: /^\d+ operations are ready to be served\.\n$/, stderr: '' })
  t.strictSame(await gatefold(repository, ['check', '--format', 'json']), { code: 0, stdout: '[]\n', stderr: '' })
  t.strictSame(await gatefold(repository, ['check', '--format', 'github']), { code: 0, stdout: '', stderr: '' })
})

const openapi = {
  openapi: '3.1.0',
  info: { title: 'One', version: '1' },
  security: [],
  paths: { '/one': { get: { operationId: 'one', responses: { 200: { description: 'Fine' } } } } },
}

t.test('a handler module that keeps a timer does not keep the command', async (t) => {
  const handlers = 'setInterval(() => {}, 1000)\nexport const one = () => 1'
  const { code, stdout } = await gatefold(writeProject(t, { openapi, handlers }), ['check'])
  t.equal(code, 0)
  t.match(stdout, '1 operation is ready')
})

t.test('a handler module that ends the process does not look like success', async (t) => {
  const handlers = 'process.exit(0)\nexport const one = () => 1'
  const { code, stderr } = await gatefold(writeProject(t, { openapi, handlers }), ['check'])
  t.equal(code, 1)
  t.match(stderr, 'ended the process')
})
