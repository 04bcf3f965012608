import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeProject } from '../gateway.ts'
import { runGatefold } from './command-line.ts'

t.setTimeout(300_000)

const word = (operationId: string) => ({ get: { operationId, responses: { 200: { description: 'a word' } } } })
const openapi = (...operations: string[]) =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'dev', version: '1' },
    paths: Object.fromEntries(operations.map((id) => [`/${id}`, { $ref: `./paths/${id}.json` }])),
  })
const gateway = (...operations: string[]) =>
  JSON.stringify({ operations: Object.fromEntries(operations.map((id) => [id, { access: 'public' }])) })

/** Waits until a condition holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

t.test('dev: from a project that does not start to one that follows every edit', async (t) => {
  const directory = writeProject(t, {
    openapi: openapi('first'),
    gateway: '{ "operations": { "frist": { "access": "public" } } }',
    files: {
      'paths/first.json': JSON.stringify(word('first')),
      'words/words.ts': `export const one = 'one'`,
      'handlers/first.ts': `import { one } from '../words/words.ts'\nexport const first = () => one`,
    },
  })
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
  const { output, child, exited } = runGatefold(t, directory, ['dev', '--port', '0'])
  const said = (text: string | RegExp) => (typeof text === 'string' ? output.stdout.includes(text) : text.test(output.stdout))

  await until(() => said('waiting for an edit that repairs it'))
  t.match(output.stderr, /no operation has the operationId 'frist'/)
  t.match(output.stderr, /did you mean "?'?first/i)
  write('gateway.yaml', gateway('first'))
  await until(() => said('gatefold is serving'))
  const url = /http:\/\/localhost:\d+/.exec(output.stdout)?.[0] as string
  const get = async (path: string) => (await fetch(url + path)).text()
  t.equal(await get('/first'), 'one')

  await t.test('a module that a handler imports', async (t) => {
    write('words/words.ts', `export const one = 'two'`)
    await until(() => said(/generation 2.* serves after \d+ ms {2}words\/words\.ts {2}.*~ first/))
    t.equal(await get('/first'), 'two')
  })

  await t.test('an editor that puts a new file in the place of the old one', async (t) => {
    write('words/words.ts.tmp', `export const one = 'three'`)
    renameSync(join(directory, 'words/words.ts.tmp'), join(directory, 'words/words.ts'))
    await until(() => said('generation 3'))
    t.equal(await get('/first'), 'three')
  })

  await t.test('a bad edit shows where, and which generation serves', async (t) => {
    write('gateway.yaml', gateway('first').replace('public', 'pubic'))
    await until(() => said(/generation 3 still serves.*gateway\.yaml: the errors are above/))
    t.match(output.stderr, /gateway\.yaml:1:\d+ error .*\n.*> 1 \| /s)
    t.equal(await get('/first'), 'three')
  })

  await t.test('files that were not there before: a document, a handler in a new directory', async (t) => {
    mkdirSync(join(directory, 'handlers/more'))
    write('handlers/more/second.ts', `export const second = () => 'second'`)
    write('openapi.yaml', openapi('first', 'second'))
    write('gateway.yaml', gateway('first', 'second'))
    await until(() => output.stderr.includes('paths/second.json'))
    write('paths/second.json', JSON.stringify(word('second')))
    await until(() => said(/generation 4.*\+ second/))
    t.equal(await get('/second'), 'second')
    rmSync(join(directory, 'handlers/more'), { recursive: true })
    await until(() => output.stderr.includes("operation 'second' (GET /second) has no target"))
    t.equal(await get('/second'), 'second', 'the last good generation serves')
    write('openapi.yaml', openapi('first'))
    write('gateway.yaml', gateway('first'))
    await until(() => said(/generation 5.*- second/))
    t.equal((await fetch(`${url}/second`)).status, 404)
  })

  await t.test('advice that an edit brings', async (t) => {
    const before = output.stderr.length
    const components = { schemas: { Unused: { type: 'string' } } }
    write('openapi.yaml', JSON.stringify({ ...JSON.parse(openapi('first')), components }))
    await until(() => /openapi\.yaml:1:\d+ warning nothing refers to the component "Unused"/.test(output.stderr.slice(before)))
    write('words/words.ts', `export const one = 'four'`)
    await until(() => said(/generation 7/))
    write('openapi.yaml', openapi('first'))
    await until(() => said(/generation 8/))
    t.equal(output.stderr.slice(before).match(/warning nothing refers/g)?.length, 1, 'is said once')
  })

  await t.test('types follow the documents, before there is a handler', async (t) => {
    const types = () => readFileSync(join(directory, 'gatefold.ts'), 'utf8')
    write('gatefold.ts', '')
    write('gateway.yaml', `${gateway('first')} `)
    await until(() => types().includes('first: {'))
    write('paths/third.json', JSON.stringify(word('third')))
    write('openapi.yaml', openapi('first', 'third'))
    write('gateway.yaml', gateway('first', 'third'))
    await until(() => types().includes('third: {'))
    t.match(output.stderr, "operation 'third' (GET /third) has no target")
    t.ok(said('wrote gatefold.ts'))
  })

  child.kill('SIGHUP')
  t.equal(await exited, 0, 'a closed terminal ends it')
})
