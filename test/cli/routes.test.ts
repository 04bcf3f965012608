import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { gatefold } from './command-line.ts'

t.setTimeout(300_000)

const described = join(import.meta.dirname, 'fixtures/described')
const repository = join(import.meta.dirname, '../..')

// UPDATE_GOLDEN=1 writes the files anew.
function golden(name: string, found: string): string {
  const file = join(import.meta.dirname, 'golden', name)
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, found)
  return readFileSync(file, 'utf8')
}

t.test('routes: a table, and the same as JSON', async (t) => {
  const table = await gatefold(described, ['routes'])
  t.strictSame(table, { code: 0, stdout: golden('routes.txt', table.stdout), stderr: '' })
  const json = await gatefold(described, ['routes', '--json'])
  t.strictSame(json, { code: 0, stdout: golden('routes.json', json.stdout), stderr: '' })
})

t.test('routes of broken documents: what is known, and what is wrong', async (t) => {
  const { code, stdout, stderr } = await gatefold(join(import.meta.dirname, 'fixtures/broken'), ['routes'])
  t.equal(code, 1)
  t.match(stdout, /^METHOD +PATH/)
  t.match(stderr, /9 errors, 1 warning\n$/)
})

t.test('explain: the pipeline, and where each setting was written', async (t) => {
  const explained = await gatefold(described, ['explain', 'createItem'])
  t.strictSame(explained, { code: 0, stdout: golden('explain.txt', explained.stdout), stderr: '' })
})

t.test('explain: what was switched off, and where', async (t) => {
  const { code, stdout } = await gatefold(described, ['explain', 'about'])
  t.equal(code, 0)
  t.match(stdout, /\nSwitched off:\n\n {2}rateLimit +the operation, gateway\.yaml:15:\d+\n$/)
})

t.test('explain: operations that are not there', async (t) => {
  const stderr = "gatefold: there is no operation 'createItems'; did you mean 'createItem'?\nTry 'gatefold explain --help'.\n"
  t.strictSame(await gatefold(described, ['explain', 'createItems']), { code: 2, stdout: '', stderr })
  const broken = await gatefold(join(import.meta.dirname, 'fixtures/broken'), ['explain', 'createItems'])
  t.match(broken, { code: 1, stdout: '', stderr: /9 errors, 1 warning\n$/ }, 'perhaps because their document is broken')
})

t.test('schema: what editors complete and check gateway.yaml by', async (t) => {
  const { code, stdout, stderr } = await gatefold(repository, ['schema'])
  t.strictSame({ code, stderr }, { code: 0, stderr: '' })
  const { properties, ...schema } = JSON.parse(stdout)
  const { operations, authentication, ...sections } = properties
  t.match(
    operations.properties,
    { login: { title: 'login', description: /^POST \/api\/v1\/auth\/login/ } },
    'with the names of the project',
  )
  t.strictSame(Object.keys(authentication.properties), ['bearerAuth'])
  const committed = JSON.parse(readFileSync(join(repository, 'src/config/generated/gateway.schema.json'), 'utf8'))
  delete operations.properties
  delete authentication.properties
  t.strictSame({ ...schema, properties: { ...sections, operations, authentication } }, committed)
})

t.test('token: schemes that sign nothing', async (t) => {
  for (const scheme of ['key', 'bearr']) {
    const stderr = `gatefold: there is no bearer scheme '${scheme}'; there are: bearer\nTry 'gatefold token --help'.\n`
    t.strictSame(await gatefold(described, ['token', '--subject', 'ada', '--scheme', scheme]), { code: 2, stdout: '', stderr })
  }
  const signed = await gatefold(described, ['token', '--subject', 'ada', '--scheme', 'bearer', '--expires-in', '5m'])
  const claims = JSON.parse(Buffer.from(signed.stdout.split('.')[1] as string, 'base64url').toString())
  t.match(claims, { sub: 'ada', roles: [] })
  t.equal(claims.exp - claims.iat, 300)
})
