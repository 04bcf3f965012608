import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Test, test } from 'tap'
import { Reply } from '../src/context.ts'
import { importModule } from '../src/import-module.ts'
import { filesOf, refreshModules, urlOf } from '../src/project-modules.ts'

function project(t: Test, files: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-modules-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return {
    write,
    path: (name: string) => join(directory, name),
    async load(name: string): Promise<any> {
      refreshModules()
      const imported = await importModule(join(directory, name), directory)
      return 'exports' in imported ? imported.exports : imported
    },
  }
}

test('an edit of a module that is imported over others takes effect, and what did not change stays', async (t) => {
  const { load, write, path } = project(t, {
    'handler.ts': `import { word } from './middle.ts'\nexport const state = {}\nexport const say = (): string => word()`,
    'middle.ts': `import { text } from './deep.mjs'\nimport data from './data.json' with { type: 'json' }\nexport const word = () => text + data.mark`,
    'deep.mjs': `export const text = 'one'`,
    'data.json': `{ "mark": "!" }`,
    'other.ts': `export const state = {}`,
  })
  const first = await load('handler.ts')
  const other = await load('other.ts')
  t.equal(first.say(), 'one!')
  t.equal(await load('handler.ts'), first, 'nothing changed, so it is the same module')
  t.strictSame(filesOf(path('handler.ts')).sort(), ['data.json', 'deep.mjs', 'handler.ts', 'middle.ts'].map(path))

  const before = urlOf(path('handler.ts'))
  write('deep.mjs', `export const text = 'two'`)
  const second = await load('handler.ts')
  t.equal(second.say(), 'two!')
  t.equal(first.say(), 'one!', 'whoever holds the earlier module keeps it')
  t.not(urlOf(path('handler.ts')), before)
  t.equal(await load('other.ts'), other)

  write('data.json', `{ "mark": "?" }`)
  t.equal((await load('handler.ts')).say(), 'two?')
  write('data.json', `{ "mark": "!" }`)
  write('deep.mjs', `export const text = 'one'`)
  t.equal(await load('handler.ts'), first, 'a text that comes back is not loaded a second time')
})

test('CommonJS modules are followed too', async (t) => {
  const { load, write } = project(t, {
    'handler.cjs': `const { text } = require('./helper.cjs')\nexports.say = () => text`,
    'helper.cjs': `exports.text = 'one'`,
  })
  t.equal((await load('handler.cjs')).say(), 'one')
  write('helper.cjs', `exports.text = 'two'`)
  t.equal((await load('handler.cjs')).say(), 'two')
})

test('modules that import each other', async (t) => {
  const { load, write } = project(t, {
    'a.ts': `import { b } from './b.ts'\nexport const a = () => 'a' + b()`,
    'b.ts': `import { a } from './a.ts'\nexport const b = () => 'b' + typeof a`,
  })
  const first = await load('a.ts')
  t.equal(await load('a.ts'), first)
  write('b.ts', `import { a } from './a.ts'\nexport const b = () => 'B' + typeof a`)
  t.equal((await load('a.ts')).a(), 'aBfunction')
})

test('a module that failed is evaluated anew, what it imported well is not', async (t) => {
  const { load, write } = project(t, {
    'good.ts': `export const state = {}`,
    'handler.ts': `import { state } from './good.ts'\nimport { late } from './late.ts'\nexport { state, late }`,
  })
  const good = await load('good.ts')
  t.match((await load('handler.ts')).reason, /late\.ts/)
  write('late.ts', `export const late = true\nthrow new Error('not yet')`)
  const failed = await load('handler.ts')
  t.equal(failed.reason, 'not yet')
  t.match(failed.at, { file: 'late.ts', line: 2 })
  const global = globalThis as { gatefoldTestReady?: boolean }
  write('late.ts', `if (!globalThis.gatefoldTestReady) throw new Error('still not')\nexport const late = true`)
  t.equal((await load('handler.ts')).reason, 'still not')
  global.gatefoldTestReady = true
  t.teardown(() => delete global.gatefoldTestReady)
  const handler = await load('handler.ts')
  t.equal(handler.late, true)
  t.equal(handler.state, good.state)
})

test("the project's modules get the copy that runs, whatever is installed beside them", async (t) => {
  const foreign = {
    'node_modules/gatefold/package.json': '{ "name": "gatefold", "type": "module", "exports": "./index.js" }',
    'node_modules/gatefold/index.js': 'export class Reply {}',
    'node_modules/shared/package.json': '{ "name": "shared", "type": "module", "exports": "./index.js" }',
    'node_modules/shared/index.js': "export { Reply } from 'gatefold'",
  }
  for (const installed of [{}, foreign]) {
    const { load } = project(t, {
      ...installed,
      'handler.ts': `export { Reply } from 'gatefold'\nexport { testGateway } from 'gatefold/test'`,
      'handler.cjs': `exports.Reply = require('gatefold').Reply`,
      'policies.ts': `export { Reply } from 'shared'`,
    })
    const { Reply: fromModule, testGateway } = await load('handler.ts')
    t.equal(fromModule, Reply)
    t.type(testGateway, 'function')
    t.equal((await load('handler.cjs')).Reply, Reply, 'CommonJS too')
    if (installed === foreign) t.equal((await load('policies.ts')).Reply, Reply, 'and packages that the project uses')
  }
})
