import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import t from 'tap'
import manifest from '../package.json' with { type: 'json' }
import { outsideTap } from './outside-tap.ts'

/** A user's whole project; the handler and the policy have their types from the installed package. */
const project = {
  'package.json': '{ "private": true, "type": "module" }',
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', strict: true, noEmit: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
    include: ['*.ts', 'handlers'],
  }),
  'openapi.yaml': `openapi: 3.1.0
info: { title: Greetings, version: 1.0.0 }
paths:
  /hello/{name}:
    get:
      operationId: hello
      parameters:
        - { name: name, in: path, required: true, schema: { type: string } }
      responses:
        "200":
          description: A greeting
          content:
            application/json:
              schema: { type: object, required: [greeting], properties: { greeting: { type: string } } }
  /mine:
    get:
      operationId: mine
      responses: { "200": { description: Who is calling } }
    post:
      operationId: invent
      responses:
        "200":
          description: An example
          content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer } } } } }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
security: [{ bearer: [] }]
`,
  'gateway.yaml': `openapi: ./openapi.yaml
extensions: [./shout.ts]
authentication: { bearer: { jwt: { algorithms: [HS256], secret: "\${JWT_SECRET:-}" } } }
metrics: { access: public }
ops: { security: [{ bearer: [] }], roles: [operator] }
operations:
  hello: { access: public, shout: { mark: "!" } }
  invent: { access: public, mock: true }
`,
  'shout.ts': `import { definePolicy } from 'gatefold'
import { Type } from 'typebox'

export const shout = definePolicy({
  name: 'shout',
  schema: Type.Object({ mark: Type.String() }),
  compile: ({ mark }) => ({
    before: (context) => {
      context.setHeader('x-shout', mark)
      return undefined
    },
  }),
})
`,
  'handlers/hello.ts': `import { type Handler, problem } from 'gatefold'

export const uses = ['database'] as const

export const hello: Handler = async ({ params }, { services }) => {
  if (params.name === 'nobody') return problem('not_found')
  const { rows } = await services.database.query<{ greeting: string }>('select $1 as greeting', ['Hello ' + params.name])
  return rows[0]
}

export const mine: Handler = (_request, { principal }) => ({ subject: principal?.subject })
`,
  'web/greet.ts': `import { createClient, unwrap } from 'gatefold/client'
import { definition } from './api.ts'

export function greet(baseUrl: string, name: string): Promise<{ greeting: string }> {
  const api = createClient(definition, { baseUrl })
  return unwrap(api.hello({ params: { name } }))
}
`,
  // As a page's bundler has it: nothing of Node's.
  'web/tsconfig.json': JSON.stringify({
    compilerOptions: {
      ...{ module: 'esnext', moduleResolution: 'bundler', target: 'es2024', lib: ['es2024', 'dom'], types: [] },
      ...{ strict: true, noEmit: true, allowImportingTsExtensions: true, exactOptionalPropertyTypes: true },
    },
  }),
}

const offline = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/
const repository = join(import.meta.dirname, '..')
// Whatever starts `node` in here gets the one that runs this test; npm keeps its own settings, and its way to the registry.
const environment = Object.fromEntries([
  ...Object.entries(process.env).filter(([name]) =>
    /^(HOME|npm_config_.*|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i.test(name),
  ),
  ['PATH', `${dirname(process.execPath)}${delimiter}${process.env.PATH}`],
  // Left to itself npm waits for a connection that has stalled as long as this test may take, before it tries another.
  ['npm_config_fetch_timeout', '30000'],
])

interface Finished {
  code: number
  output: string
}

function run(directory: string, command: string, ...args: string[]): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(...outsideTap(command, args), { cwd: directory, env: environment, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr })
    })
  })
}

/** The URL that `gatefold start` says it serves at. */
function servedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const read = (text: Buffer) => {
      output += text
      const url = /API +(http:\/\/[^/\s]+)/.exec(output)?.[1]
      if (url !== undefined) resolve(url)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => reject(new Error(`gatefold start ended with ${code}: ${output}`)))
  })
}

/** Files, and the bytes that they hold together. */
function measure(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return entries.reduce((bytes, entry) => bytes + lstatSync(join(directory, entry)).size, 0)
}

/** A Node on the PATH that is older than the package allows. */
function olderNode(): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'node'))
  return paths.find((path) => {
    if (!existsSync(path)) return false
    const { NODE_OPTIONS: _, ...env } = process.env
    return Number.parseInt(execFileSync(path, ['--version'], { encoding: 'utf8', env }).slice(1), 10) < 24
  })
}

t.setTimeout(300_000)

t.test('the package as its users get it', { skip: process.env.DATABASE_URL !== undefined && 'once is enough' }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gatefold-test-published-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(project)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
  const packed = await run(repository, 'npm', 'pack', '--pack-destination', directory)
  t.equal(packed.code, 0, 'npm pack', { output: packed.output })
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz')) as string
  const installed = await run(
    directory,
    'npm',
    'install',
    '--omit=dev',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `./${tarball}`,
  )
  if (installed.code !== 0 && offline.test(installed.output)) {
    t.comment('the package registry cannot be reached: nothing was installed, so the package was not tried')
    return t.end()
  }
  t.equal(installed.code, 0, 'npm install', { output: installed.output })
  const gatefold = join(directory, 'node_modules/.bin/gatefold')

  t.test('is small', async (t) => {
    const { packages } = JSON.parse(readFileSync(join(directory, 'node_modules/.package-lock.json'), 'utf8'))
    t.ok(Object.keys(packages).length < 120, `${Object.keys(packages).length} packages`)
    const megabytes = measure(join(directory, 'node_modules')) / 1e6
    t.ok(megabytes < 80, `${megabytes.toFixed(1)} MB`)
  })

  t.test('brings the licences of what it bundles', async (t) => {
    const own = join(directory, 'node_modules/gatefold/dist')
    const licenses = readFileSync(join(own, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
    for (const name of ['koa-jwt', 'jsonwebtoken', 'openapi-backend'])
      t.match(licenses, new RegExp(`^${name} \\d.*\\(MIT\\)$`, 'm'))
    t.match(readFileSync(join(own, 'docs-assets/scalar.license.txt'), 'utf8'), /MIT License/)
  })

  t.test('declares its types', async (t) => {
    const checked = await run(directory, join(repository, 'node_modules/.bin/tsc'), '-p', '.')
    t.strictSame(checked, { code: 0, output: '' })
    writeFileSync(
      join(directory, 'wrong.ts'),
      "import type { Handler } from 'gatefold'\nexport const wrong: Handler = (_, { nobody }) => nobody\n",
    )
    const wrong = await run(directory, join(repository, 'node_modules/.bin/tsc'), '-p', '.')
    rmSync(join(directory, 'wrong.ts'))
    t.match(wrong.output, /wrong\.ts\(2,\d+\).*'nobody' does not exist on type 'HandlerContext'/, 'and they are not any')
  })

  t.test('writes the types of a project, for its handlers and for pages', async (t) => {
    t.strictSame(await run(directory, gatefold, 'types'), { code: 0, output: 'wrote gatefold.ts\n' })
    const typed =
      "import type { Handler } from '../gatefold.ts'\nexport const typed: Handler<'hello'> = ({ params }) => params.nobody\n"
    writeFileSync(join(directory, 'handlers/typed.ts'), typed)
    const wrong = await run(directory, join(repository, 'node_modules/.bin/tsc'), '-p', '.', '--allowImportingTsExtensions')
    rmSync(join(directory, 'handlers/typed.ts'))
    t.match(wrong.output, /typed\.ts\(2,\d+\).*'nobody' does not exist on type '\{ name: string; \}'/)
    const client = await run(directory, gatefold, 'types', '--client', '--out', 'web/api.ts')
    t.strictSame(client, { code: 0, output: 'wrote web/api.ts\n' })
    t.strictSame(await run(directory, join(repository, 'node_modules/.bin/tsc'), '-p', 'web'), { code: 0, output: '' })
    const code = readFileSync(join(directory, 'node_modules/gatefold/dist/client/client.js'), 'utf8')
    t.notMatch(code, /\bimport\b|\brequire\(|node:/, 'the client needs nothing but the platform')
  })

  const older = olderNode()
  t.test('says which Node it needs', { skip: older === undefined && 'there is no older one here' }, async (t) => {
    const told = await run(directory, older as string, join(directory, 'node_modules/gatefold/dist/main.js'), 'check')
    t.match(told, { code: 1, output: /^gatefold: this is Node \d+\S+, and Node 24 or newer is needed\. .*\n$/ })
  })

  t.test('checks a project', async (t) => {
    t.strictSame(await run(directory, gatefold, 'check'), { code: 0, output: '3 operations are ready to be served.\n' })
  })

  t.test('serves a project', async (t) => {
    const child = spawn(gatefold, ['start', '--port', '0'], { cwd: directory, env: environment })
    t.teardown(() => child.kill('SIGKILL'))
    const url = await servedUrl(child)
    const get = async (path: string, init?: RequestInit) => {
      const response = await fetch(url + path, init)
      const { status, headers } = response
      return { status, type: headers.get('content-type'), shout: headers.get('x-shout'), text: await response.text() }
    }

    const greeting = await get('/hello/Ada')
    t.match(greeting, { status: 200, shout: '!', text: '{"greeting":"Hello Ada"}' }, 'with a handler, a policy, a database')
    t.match(JSON.parse((await get('/hello/nobody')).text), { status: 404, code: 'not_found' })
    t.match(JSON.parse((await get('/mine', { method: 'POST' })).text), { id: Number }, 'with mock answers')
    t.equal((await get('/mine')).status, 401)
    const token = await run(directory, gatefold, 'token', '--subject', 'ada')
    const mine = await get('/mine', { headers: { authorization: `Bearer ${token.output.trim()}` } })
    t.strictSame(JSON.parse(mine.text), { subject: 'ada' }, 'with bearer tokens')

    const call = `const { greet } = await import('./web/greet.ts'); console.log(await greet('${url}', 'Ada'))`
    const called = await run(directory, process.execPath, '--input-type=module', '--eval', call)
    t.strictSame(called, { code: 0, output: "{ greeting: 'Hello Ada' }\n" }, 'to its typed client too')

    const docs = await get('/docs')
    t.match(docs, { status: 200, type: /text\/html/ })
    const script = /src="([^"]+)"/.exec(docs.text)?.[1] as string
    const asset = await get(script)
    t.match(asset, { status: 200, type: /javascript/ })
    t.ok(asset.text.length > 1e6, 'with the documentation page and its script')

    const page = await get('/ops')
    for (const [, file] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
      t.equal((await get(String(file))).status, 200, file as string)
    t.match((await get('/ops/assets/preact.js')).text, 'export', 'with the operator page and its library')
    const operator = await run(directory, gatefold, 'token', '--subject', 'ada', '--role', 'operator')
    const state = await get('/ops/api/state', { headers: { authorization: `Bearer ${operator.output.trim()}` } })
    t.match(JSON.parse(state.text), { operator: 'ada', generation: { number: 1 } })
    t.match((await get('/metrics')).text, 'http_server_request_duration_seconds_count{operation="hello"', 'with metrics')

    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    t.equal(await exited, 0, 'and ends when it is told to')
  })

  t.test('begins a project, which passes what it is checked and tested with', async (t) => {
    const made = await run(directory, gatefold, 'init', 'app', '--template', 'tasks')
    t.match(made, { code: 0, output: /cd app\n {2}npm install\n {2}npm run dev\n {2}npm test\n$/ })
    const app = join(directory, 'app')
    const gitignore = readFileSync(join(app, '.gitignore'), 'utf8')
    t.match(gitignore, /^node_modules\/$/m)
    // This version may not be in the registry yet.
    const own = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))
    t.equal(own.dependencies.gatefold, manifest.version)
    own.dependencies.gatefold = `file:../${tarball}`
    writeFileSync(join(app, 'package.json'), JSON.stringify(own))
    const installed = await run(app, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
    t.equal(installed.code, 0, 'npm install', { output: installed.output })

    t.match(await run(app, 'npm', 'run', 'check'), { code: 0, output: /1 operation is ready.*gatefold\.ts is up to date/s })
    // The cluster that test gateways copy may be there already; it takes seconds to make.
    const cache = join(repository, 'node_modules/.cache')
    mkdirSync(cache, { recursive: true })
    symlinkSync(cache, join(app, 'node_modules/.cache'))
    const tested = await run(app, 'npm', 'test')
    t.match(tested, { code: 0, output: /pass 3\n/ }, 'npm test', { output: tested.output })
    const [, schema = ''] = /\$schema=(.*)/.exec(readFileSync(join(app, 'gateway.yaml'), 'utf8')) ?? []
    t.equal(JSON.parse(readFileSync(join(app, schema), 'utf8')).title, 'gateway.yaml', 'the schema that editors use is there')

    const child = spawn(join(app, 'node_modules/.bin/gatefold'), ['start', '--port', '0'], { cwd: app, env: environment })
    t.teardown(() => child.kill('SIGKILL'))
    const exited = new Promise((resolve) => child.once('exit', resolve))
    t.equal((await fetch(`${await servedUrl(child)}/api/reports`, { method: 'POST' })).status, 401)
    child.kill('SIGTERM')
    t.equal(await exited, 0)
  })
})
