import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { writeProject } from '../gateway.ts'
import { gatefold, runGatefold } from './command-line.ts'

t.setTimeout(300_000)

const pets = (path: string, name: string) =>
  JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Pets', version: '1' },
    paths: {
      [path]: { get: { responses: { 200: { description: 'Fine', content: { 'application/json': { example: { name } } } } } } },
    },
  })

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

t.test('serves a document without a gateway.yaml, and with --watch follows its edits', async (t) => {
  const directory = writeProject(t, { files: { 'pets.json': pets('/pets', 'Rex') } })
  const { output, child, exited } = runGatefold(t, directory, ['mock', 'pets.json', '--watch'], { PORT: '0' })
  await until(() => /health .*\n\n/.test(output.stdout))
  t.match(output.stdout, /API .*\(1 operation\)[\s\S]*mock +answers come from examples and schemas; 'Prefer: code=404'/)
  const url = /http:\/\/localhost:\d+/.exec(output.stdout)?.[0] as string
  const get = async (path: string) => (await fetch(url + path)).json()
  t.strictSame(await get('/pets'), { name: 'Rex' })
  writeFileSync(join(directory, 'pets.json'), pets('/animals', 'Tom'))
  await until(() => output.stdout.includes('generation 2'))
  t.strictSame(await get('/animals'), { name: 'Tom' })
  writeFileSync(join(directory, 'pets.json'), '{')
  await until(() => output.stdout.includes('generation 2 still serves'))
  t.match(output.stderr, /pets\.json:1:2 error .*\[json-syntax\]/)
  t.strictSame(await get('/animals'), { name: 'Tom' })
  child.kill('SIGTERM')
  t.equal(await exited, 0)
})

t.test('what cannot be mocked', async (t) => {
  const directory = writeProject(t, {
    files: { 'pets.json': pets('/pets', 'Rex'), 'old.yaml': 'swagger: "2.0"\npaths: {}\n', 'list.yaml': '- 1\n' },
  })
  const taken = createServer().listen(0)
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const [missing, swagger, list, inUse] = await Promise.all([
    gatefold(directory, ['mock']),
    gatefold(directory, ['mock', 'old.yaml']),
    gatefold(directory, ['mock', 'list.yaml']),
    gatefold(directory, ['mock', 'pets.json', '--port', String(port)]),
  ])
  t.match(missing, { code: 1, stderr: /the file "openapi\.yaml" does not exist \[missing-file\]/ })
  t.match(swagger, { code: 1, stderr: /Swagger 2\.0 document[\s\S]*swagger2openapi/ })
  t.match(list, { code: 1, stderr: /list\.yaml must hold an OpenAPI document, which is an object \[not-openapi\]/ })
  t.match(inUse, { code: 1, stderr: `gatefold: port ${port} is in use` })
})
