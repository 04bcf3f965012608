import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { gatefold } from '../cli/command-line.ts'
import { writeProject } from '../gateway.ts'
import { startEditor } from './language-server.ts'

t.setTimeout(300_000)

const committed = join(import.meta.dirname, '../../src/config/generated/gateway.schema.json')
const modeline = '# yaml-language-server: $schema=./gateway.schema.json\n'

const openapi = {
  openapi: '3.1.0',
  info: { title: 'Pets', version: '1' },
  security: [{ bearer: [] }],
  paths: { '/pets': { get: { operationId: 'listPets', summary: 'All pets', responses: { 200: { description: 'Fine' } } } } },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
}

t.test('gateway.yaml in an editor', async (t) => {
  const directory = writeProject(t, { openapi })
  copyFileSync(committed, join(directory, 'gateway.schema.json'))
  const editor = await startEditor(t)
  const open = async (name: string, text: string) => {
    const file = join(directory, name)
    return { file, found: await editor.open(file, modeline + text) }
  }

  t.test('finds what is wrong under the word that is wrong', async (t) => {
    const { found } = await open('wrong.yaml', 'server:\n  prot: 8000\nlog: { level: loud }\n')
    const [key, level] = found
    t.equal(found.length, 2)
    t.match(key, { message: /prot/, range: { start: { line: 2, character: 2 }, end: { line: 2, character: 6 } } })
    t.match(level, { message: /"trace"|trace/, range: { start: { line: 3, character: 14 }, end: { line: 3, character: 18 } } })
  })

  t.test('has nothing against what boot accepts', async (t) => {
    const port = '$' + '{PORT:-8000}'
    const layers = 'defaults: { rateLimit: { limit: 5, window: 60s }, cors: false }\noperations: { a: { access: public } }\n'
    const text = `server: { port: "${port}" }\n${layers}`
    const { found } = await open('fine.yaml', text)
    t.strictSame(found, [])
  })

  t.test('completes sections, policies below an operation, and values', async (t) => {
    const { file } = await open('unfinished.yaml', 'operations:\n  listPets:\n    \nlog:\n  level: \n\n')
    const sections = await editor.complete(file, 6, 0)
    for (const name of ['openapi', 'server', 'authentication', 'defaults']) t.ok(sections.includes(name), `section ${name}`)
    const settings = await editor.complete(file, 3, 4)
    for (const name of ['rateLimit', 'roles', 'access', 'task', 'validate', 'mock'])
      t.ok(settings.includes(name), `setting ${name}`)
    const levels = await editor.complete(file, 5, 9)
    for (const name of ['debug', 'info', 'warn']) t.ok(levels.includes(name), `level ${name}`)
  })

  t.test('explains keys', async (t) => {
    const { file } = await open(
      'hover.yaml',
      'server:\n  bodyLimit: 1mb\ndefaults:\n  rateLimit: { limit: 5, window: 60s }\n  validate: { response: report }\n',
    )
    t.match(await editor.hover(file, 4, 4), /Rate limit[\s\S]*How many requests are admitted in each window; more get 429/)
    t.match(await editor.hover(file, 2, 4), /Body limit[\s\S]*largest request body[\s\S]*413/)
    t.match(await editor.hover(file, 5, 16), /Responses[\s\S]*differ from the document/)
  })
})

t.test("with the project's own schema, an editor knows the names of its operations", async (t) => {
  const gateway = {
    extensions: ['./tenant.js'],
    authentication: { bearer: { jwt: { algorithms: ['HS256'], secret: 'a-secret-that-is-long-enough-for-hs256' } } },
    operations: { listPets: { mock: true } },
  }
  const tenant = `export const tenant = { kind: 'policy', name: 'tenant', schema: { type: 'object', title: 'Tenant', description: 'Who pays.' }, compile() {} }`
  const directory = writeProject(t, { openapi, gateway, files: { 'tenant.js': tenant } })
  const { code, stdout } = await gatefold(directory, ['schema'])
  t.equal(code, 0)
  writeFileSync(join(directory, 'gateway.schema.json'), stdout)
  const editor = await startEditor(t)
  const file = join(directory, 'gateway.yaml')
  await editor.open(file, `${modeline}authentication:\n  \noperations:\n  \n  other:\n    \n`)
  t.ok((await editor.complete(file, 4, 2)).includes('listPets'))
  t.ok((await editor.complete(file, 2, 2)).includes('bearer'))
  t.ok((await editor.complete(file, 6, 4)).includes('tenant'), 'and the policies of its extensions')
  const hovered = join(directory, 'hovered.yaml')
  await editor.open(hovered, `${modeline}operations:\n  listPets: { mock: true }\n`)
  t.match(await editor.hover(hovered, 2, 4), /listPets[\s\S]*GET \/pets[\s\S]*All pets/)
})
