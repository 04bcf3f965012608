import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { gatefold } from './cli/command-line.ts'
import { writeProject } from './gateway.ts'

/** What is large, and not for everybody. */
const packages = [
  'busboy',
  'cockatiel',
  'cron-parser',
  'ioredis',
  'jose',
  'koa-jwt',
  'pg',
  'pg-boss',
  'prom-client',
  'socket.io',
  'undici',
]

/** Writes the addresses of all modules that a process has loaded into a file when it ends. */
const record = `
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
process.once('exit', () => writeFileSync('loaded.txt', loaded.join('\\n')))
`
const operation = { responses: { 200: { description: 'ok' } } }

/** Those of the packages that a gateway has loaded when it is ready to start. */
async function loadedPackages(t: Test, openapi: object, gateway: object): Promise<string[]> {
  const document = { openapi: '3.1.0', info: { title: 'test', version: '1' }, security: [], ...openapi }
  const directory = writeProject(t, { openapi: document, gateway, files: { 'record.mjs': record } })
  const environment = { NODE_OPTIONS: `--import ${pathToFileURL(join(directory, 'record.mjs'))}` }
  const { code, stdout, stderr } = await gatefold(directory, ['check'], environment)
  t.equal(code, 0, stdout + stderr)
  const urls = readFileSync(join(directory, 'loaded.txt'), 'utf8')
  return packages.filter((name) => urls.includes(`/node_modules/${name}/`))
}

t.test('a gateway loads only the packages that it uses', async (t) => {
  const paths = { '/thing': { get: { operationId: 'getThing', ...operation } } }
  const secured = {
    paths: { '/thing': { get: { ...paths['/thing'].get, security: [{ bearer: [] }] } } },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
  const bearer = { jwt: { algorithms: ['HS256'], secret: 'a secret of more than thirty-two bytes' } }
  const upstream = { url: 'http://127.0.0.1:9', retries: 1 }

  const mocked = { mock: true }
  t.strictSame(await loadedPackages(t, { paths }, { operations: { getThing: mocked } }), [])
  t.strictSame(
    await loadedPackages(t, secured, { authentication: { bearer }, operations: { getThing: mocked } }),
    [],
    'with tokens',
  )
  t.strictSame(await loadedPackages(t, { paths }, { operations: { getThing: { upstream } } }), ['cockatiel', 'undici'])
})
