import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { templateFiles, templates } from '../../src/templates.ts'
import { gatefold } from './command-line.ts'

t.setTimeout(300_000)

const run = promisify(execFile)
const kept = join(import.meta.dirname, '../../src/templates')

for (const name of Object.keys(templates) as (keyof typeof templates)[]) {
  t.test(`the template ${name}`, async (t) => {
    const { diagnostics } = await planGateway({ directory: join(kept, name), environment: {} })
    t.same(diagnostics, [], 'has nothing to complain about')
    // Its own test, as `npm test` runs it where the package is installed; tap's children must not take part.
    const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env
    const args = ['--conditions=gatefold-source', '--test', '--test-reporter=tap', 'test/**/*.test.ts']
    const { stdout } = await run(process.execPath, args, { cwd: join(kept, name), env })
    t.match(stdout, /# pass [1-9]\d*\n# fail 0\n/)
    t.notOk(existsSync(join(kept, name, '.gatefold')), 'and leaves nothing behind')
  })
}

t.test('a new project', async (t) => {
  const directory = t.testdir({ taken: { handlers: 'a file', 'gateway.yaml': 'mine' }, shared: { 'notes.md': 'mine' }, file: '' })

  await t.test('has the files of its template, and says what to do next', async (t) => {
    const { code, stdout, stderr } = await gatefold(directory, ['init', 'Größte API'])
    t.same([code, stderr], [0, ''])
    t.match(stdout, /^A project with two operations/)
    t.ok(stdout.endsWith("Next:\n\n  cd 'Größte API'\n  npm install\n  npm run dev\n  npm test\n"))
    const made = join(directory, 'Größte API')
    for (const [path, file] of templateFiles('minimal'))
      t.equal(readFileSync(join(made, path), 'utf8'), readFileSync(file, 'utf8'))
    t.match(JSON.parse(readFileSync(join(made, 'package.json'), 'utf8')), {
      name: 'gro-te-api',
      dependencies: { gatefold: /^\d+\.\d+\.\d+$/ },
    })
    t.match(await gatefold(made, ['types', '--check']), { code: 0 })
  })

  await t.test('writes over nothing', async (t) => {
    const refused = await gatefold(directory, ['init', 'taken'])
    t.match(refused, { code: 1, stdout: '', stderr: /nothing was written, since taken has already: gateway\.yaml, handlers\n/ })
    t.same(readdirSync(join(directory, 'taken')).sort(), ['gateway.yaml', 'handlers'])
    t.match(await gatefold(directory, ['init', 'file']), { code: 1, stderr: 'gatefold: file is no directory\n' })
    mkdirSync(join(directory, 'link'))
    symlinkSync('nowhere', join(directory, 'link/openapi.yaml'))
    t.match(await gatefold(directory, ['init', 'link']), { code: 1, stderr: /has already: openapi\.yaml/ })
  })

  await t.test('goes beside what is not in its way', async (t) => {
    const { code, stdout } = await gatefold(join(directory, 'shared'), ['init', '.', '--template', 'tasks'])
    t.equal(code, 0)
    t.notMatch(stdout, 'cd ')
    t.equal(readFileSync(join(directory, 'shared/notes.md'), 'utf8'), 'mine')
    writeFileSync(join(directory, 'shared/.env'), 'PORT=0')
    t.match(await gatefold(join(directory, 'shared'), ['check']), { code: 0 })
  })

  t.match(await gatefold(directory, ['init', 'x', '--template', 'task']), { code: 2, stderr: /did you mean 'tasks'\?/ })
  t.match(await gatefold(directory, ['init']), { code: 2, stderr: /needs <dir>/ })
})
