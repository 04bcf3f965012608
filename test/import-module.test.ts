import t from 'tap'
import { planGateway } from '../src/index.ts'
import { packageUrl, writeProject } from './gateway.ts'

const openapi = {
  openapi: '3.1.0',
  info: { title: 'test', version: '1' },
  security: [],
  paths: { '/thing': { get: { operationId: 'getThing', responses: { 200: { description: 'ok' } } } } },
}

/** What boot says about a project with such modules. */
async function findings(t: Parameters<typeof writeProject>[0], files: Record<string, string>, gateway = {}) {
  const directory = writeProject(t, { openapi, gateway, files })
  const { diagnostics } = await planGateway({ directory, environment: {} })
  for (const { message } of diagnostics) t.notMatch(message, directory, 'paths are relative')
  return diagnostics.map(({ at, message }) => `${at?.file}:${at?.line}:${at?.column} ${message}`)
}

t.test('handler modules that cannot be loaded are reported where they are wrong, each error once', async (t) => {
  const good = { 'handlers/thing.ts': 'export const getThing = () => ({})' }
  const table: [name: string, files: Record<string, string>, expected: string[]][] = [
    [
      'TypeScript syntax',
      { ...good, 'handlers/bad.ts': 'export const a = 1\nexport const b = (\n' },
      ['handlers/bad.ts:2:1 handlers/bad.ts cannot be loaded: Expression expected'],
    ],
    [
      'JavaScript syntax',
      { ...good, 'handlers/bad.js': 'export const a = () => {\n  return 1 +\n}\n' },
      ["handlers/bad.js:3:1 handlers/bad.js cannot be loaded: Unexpected token '}'"],
    ],
    [
      'throws, in code that it shares with others',
      {
        ...good,
        'handlers/one.ts': "import '../shared.ts'",
        'handlers/two.ts': "import '../shared.ts'",
        'shared.ts': "export {}\nthrow new Error('not today')",
      },
      ['shared.ts:2:7 handlers/one.ts cannot be loaded: not today'],
    ],
    [
      'a circle of imports',
      {
        'handlers/a.ts': "import { b } from './b.ts'\nexport const getThing = () => b",
        'handlers/b.ts': "import { getThing } from './a.ts'\nexport const b = getThing()",
      },
      ["handlers/b.ts:2:18 handlers/a.ts cannot be loaded: Cannot access 'getThing' before initialization"],
    ],
    [
      'throws something that is no error',
      { ...good, 'handlers/bad.ts': 'throw null' },
      ['handlers/bad.ts:1:1 handlers/bad.ts cannot be loaded: it throws null'],
    ],
    [
      'imports what is not there',
      { ...good, 'handlers/bad.ts': "\nimport './gone.ts'" },
      [
        "handlers/bad.ts:2:11 handlers/bad.ts cannot be loaded: Cannot find module 'handlers/gone.ts' imported from handlers/bad.ts",
      ],
    ],
    [
      'never gets ready, and so the operation that it answers is not said to have no handler',
      { 'handlers/thing.ts': 'await new Promise(() => {})\nexport const getThing = () => ({})' },
      ['handlers/thing.ts:1:1 handlers/thing.ts cannot be loaded: its top-level await has not settled within 3 s'],
    ],
  ]
  for (const [name, files, expected] of table) t.same(await findings(t, files), expected, name)
})

t.test('says what to do where the reason alone does not', async (t) => {
  const table: [source: string, hint: string | undefined][] = [
    ["import 'nobody-has-this-package'", 'npm install nobody-has-this-package'],
    ["import './thing'", 'Write the whole name of the file, with its .ts or .js.'],
    ["import './gone.ts'", undefined],
    [
      "const fs = require('node:fs')\nexport {}",
      'The file is an ES module: write import and export, or call it .cjs and import that.',
    ],
    [
      'enum Colour { Red }',
      'Node runs TypeScript by leaving the types out, so nothing that needs code of its own: a const object does what an enum does.',
    ],
  ]
  for (const [source, hint] of table) {
    const files = { 'handlers/thing.ts': 'export const getThing = () => ({})', 'handlers/bad.ts': source }
    const { diagnostics } = await planGateway({ directory: writeProject(t, { openapi, files }), environment: {} })
    t.same(
      diagnostics.map(({ code, hint }) => [code, hint]),
      [['handler-module-failed', hint]],
      source,
    )
  }
})

t.test('exports of the right name that are no handlers', async (t) => {
  const table = {
    'export class getThing {}': 'a class',
    'export const getThing = 5': 'a value of type number',
    'export const getThing = null': 'null',
    'export async function* getThing() {}': 'a generator',
  }
  for (const [source, what] of Object.entries(table)) {
    const [found = ''] = await findings(t, { 'handlers/thing.ts': source })
    t.match(found, `handlers/thing.ts exports 'getThing' for the operation GET /thing, but it is ${what}`)
  }
})

t.test('a directory of another name is named', async (t) => {
  t.match(await findings(t, {}, { handlers: './code' }), [/the directory "\.\/code" does not exist/])
})

t.test('extensions that cannot be loaded', async (t) => {
  const files = { 'handlers/thing.ts': 'export const getThing = () => ({})', 'null.ts': 'throw null', 'syntax.ts': '\nconst a =' }
  const found = await findings(t, files, { extensions: ['./null.ts', './syntax.ts', './gone.ts'] })
  t.match(found, [
    /extension \.\/null\.ts cannot be loaded: it throws null/,
    /extension \.\/syntax\.ts cannot be loaded: Expression expected/,
    /extension \.\/gone\.ts cannot be loaded: the file does not exist/,
  ])
})

t.test('an extension whose schema is none', async (t) => {
  const own = `import { definePolicy } from '${packageUrl}'
export const odd = definePolicy({ name: 'odd', schema: { type: 'oddity' }, compile: () => undefined })`
  const files = { 'handlers/thing.ts': 'export const getThing = () => ({})', 'own.ts': own }
  t.match(await findings(t, files, { extensions: ['./own.ts'] }), [
    /^gateway\..*:\d+:\d+ the schema of the policy 'odd' is no JSON Schema: .*oddity/,
  ])
})
