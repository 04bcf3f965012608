import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import manifest from '../../package.json' with { type: 'json' }
import { writeProject } from '../gateway.ts'
import { gatefold } from './command-line.ts'

t.setTimeout(300_000)

const nowhere = import.meta.dirname
const commands = ['start', 'check', 'routes', 'explain', 'schema', 'token']

t.test('says what it can do', async (t) => {
  const asked = await gatefold(nowhere, ['--help'])
  t.match(asked, { code: 0, stderr: '' })
  for (const name of commands) t.match(asked.stdout, new RegExp(`^  ${name} .*\\w`, 'm'))
  t.strictSame(await gatefold(nowhere, ['help']), asked)
  t.strictSame(await gatefold(nowhere, []), { code: 2, stdout: '', stderr: asked.stdout }, 'on standard error when nobody asked')
  t.strictSame(await gatefold(nowhere, ['--version']), { code: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

t.test('every command has its help', async (t) => {
  await Promise.all(
    commands.map(async (name) => {
      const help = await gatefold(nowhere, [name, '--help'])
      t.match(help, { code: 0, stderr: '' })
      t.match(help.stdout, new RegExp(`^gatefold ${name}\\b.*\\[options\\]\n`))
      for (const option of ['-C, --directory DIR', '-h, --help']) t.ok(help.stdout.includes(option))
      const isConfigured = !['init', 'mock'].includes(name)
      for (const option of ['--config FILE', '--env NAME'])
        t.equal(help.stdout.includes(option), isConfigured, `${name} ${option}`)
    }),
  )
  t.strictSame(await gatefold(nowhere, ['help', 'token']), await gatefold(nowhere, ['token', '-h']))
})

t.test('words that make no sense', async (t) => {
  const wrong = (message: string, help: string) => ({
    code: 2,
    stdout: '',
    stderr: `gatefold: ${message}\nTry 'gatefold ${help}'.\n`,
  })
  const expected = wrong("there is no command 'chek'; did you mean 'check'?", '--help')
  t.strictSame(await gatefold(nowhere, ['chek']), expected)
  t.strictSame(await gatefold(nowhere, ['help', 'frobnicate']), wrong("there is no command 'frobnicate'", '--help'))
  t.strictSame(await gatefold(nowhere, ['token', '--role', 'user']), wrong("'token' needs --subject", 'token --help'))
})

t.test('the project is named before or behind the command', async (t) => {
  const paths = { '/': { get: { operationId: 'root', responses: { 200: { description: 'Fine' } } } } }
  const directory = writeProject(t, {
    openapi: { openapi: '3.1.0', info: { title: 'One', version: '1' }, paths },
    gateway: { openapi: './openapi.yaml', operations: { root: { access: 'public', mock: true } } },
    files: { 'other.yaml': 'openapi: ./openapi.yaml\n' },
  })
  const fine = { code: 0, stdout: '1 operation is ready to be served.\n', stderr: '' }
  t.strictSame(await gatefold(directory, ['check']), fine)
  t.strictSame(await gatefold(nowhere, ['-C', directory, 'check']), fine)
  t.strictSame(await gatefold(nowhere, ['check', `--directory=${directory}`]), fine)
  const other = await gatefold(nowhere, ['--directory', directory, 'check', '--config', 'other.yaml'])
  t.match(other, { code: 1, stderr: /no-target/ })
  t.match(await gatefold(directory, ['check', '--env', 'absent']), { code: 1, stderr: /"gateway\.absent\.yaml" does not exist/ })
})

t.test('a reader that has seen enough', async (t) => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, 'schema'], { cwd: join(nowhere, '../..'), stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.once('data', () => child.stdout.destroy())
  let complaint = ''
  child.stderr.on('data', (text) => (complaint += text))
  const [code] = await once(child, 'close')
  t.strictSame({ code, complaint }, { code: 0, complaint: '' })
})
