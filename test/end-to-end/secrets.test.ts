import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import t, { type Test } from 'tap'
import { gatefold, startGatefold } from '../cli/command-line.ts'
import { testDatabasePlace, testDataDirectory } from '../database.ts'

const root = join(import.meta.dirname, '../..')

/** Prints every span: what a collector would be sent. */
const instrumentation = `
import { ConsoleSpanExporter, SimpleSpanProcessor } from '${import.meta.resolve('@opentelemetry/sdk-trace-base')}'
import { NodeTracerProvider } from '${import.meta.resolve('@opentelemetry/sdk-trace-node')}'
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] }).register()
`

/** Every secret of a run, by what it is. */
type Secrets = Record<string, string>

function assertHidden(t: Test, secrets: Secrets, output: string): void {
  for (const [name, secret] of Object.entries(secrets)) {
    t.ok(secret.length >= 8, `${name} is long enough to be looked for`)
    t.notOk(output.includes(secret), `${name} is nowhere`)
    t.notOk(output.includes(encodeURIComponent(secret)), `${name} is nowhere, encoded for a URL`)
    t.notOk(output.includes(Buffer.from(secret).toString('base64url')), `${name} is nowhere in base64`)
  }
}

/** A language model that quotes its caller's key in an error. */
async function startLanguageModel(t: Test): Promise<string> {
  const server = createServer((req, res) => res.writeHead(500).end(JSON.stringify({ error: req.headers.authorization })))
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('no secret of a full run is in logs, traces or metrics', async (t) => {
  const { url, dataDir } = await testDatabasePlace(t)
  writeFileSync(join(dataDir, 'instrumentation.mjs'), instrumentation)
  const secrets: Secrets = {
    'the secret of the tokens': 'a-secret-that-signs-the-tokens-of-this-run',
    'the key of the language model': 'sk-key-of-the-language-model',
    'the password of the account': 'the right password of ada',
    'a wrong password': 'a wrong password of ada',
    'a password in a task': 'a password among the parameters',
    'a token in the query': 'a-token-that-was-put-into-the-query',
    'a cookie': 'the-value-of-some-session-cookie',
    'a basic credential': Buffer.from('ada:a basic password').toString('base64'),
    'an API key': 'an-api-key-that-nobody-asked-for',
    'a forged token': 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWxsb3J5In0.forged-signature',
    'an idempotency key': 'an-idempotency-key-of-a-caller',
  }
  const environment = {
    NODE_OPTIONS: `--import ${join(dataDir, 'instrumentation.mjs')}`,
    DATABASE_URL: url,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'trace',
    JWT_SECRET: secrets['the secret of the tokens'] as string,
    OPENAI_BASE_URL: await startLanguageModel(t),
    OPENAI_API_KEY: secrets['the key of the language model'] as string,
    OPENAI_MODEL: 'quotes-its-callers',
  }
  const gateway = await startGatefold(t, root, ['--port', '0'], environment)
  const base = `${gateway.url}/api/v1`
  const call = async (method: string, path: string, init: { token?: string; json?: unknown; headers?: object } = {}) => {
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(init.json !== undefined && { 'content-type': 'application/json' }),
        ...(init.token !== undefined && { authorization: `Bearer ${init.token}` }),
        ...init.headers,
      },
      ...(init.json !== undefined && { body: JSON.stringify(init.json) }),
    })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
  }

  const account = { email: 'ada@example.com', password: secrets['the password of the account'] }
  t.equal((await call('POST', '/auth/register', { json: account })).status, 201)
  t.equal((await call('POST', '/auth/register', { json: { ...account, email: 'no address' } })).status, 422)
  t.equal((await call('POST', '/auth/login', { json: { ...account, password: secrets['a wrong password'] } })).status, 401)
  const { body: first } = await call('POST', '/auth/login', { json: account })
  const { body: second } = await call('POST', '/auth/refresh', { json: { refresh_token: first.refresh_token } })
  for (const [name, tokens] of Object.entries({ first, second })) {
    secrets[`the ${name} access token`] = tokens.access_token
    secrets[`the signature of the ${name} access token`] = tokens.access_token.split('.')[2]
    secrets[`the ${name} refresh token`] = tokens.refresh_token
  }
  const token = second.access_token
  const hostile = {
    cookie: `session=${secrets['a cookie']}`,
    'x-api-key': secrets['an API key'],
    'idempotency-key': secrets['an idempotency key'],
  }
  t.equal(
    (await call('GET', `/auth/me?access_token=${secrets['a token in the query']}`, { token, headers: hostile })).status,
    200,
  )
  t.equal((await call('GET', '/auth/me', { headers: { authorization: `Basic ${secrets['a basic credential']}` } })).status, 401)
  t.equal((await call('GET', '/auth/me', { token: secrets['a forged token'] as string })).status, 401)
  const ask = { agent_name: 'language_model', task_type: 'complete', parameters: { prompt: 'hello' } }
  t.equal((await call('POST', '/agents/execute', { token, json: ask })).body.success, false)
  const withPassword = { ...ask, parameters: { prompt: 'hello', password: secrets['a password in a task'] } }
  await call('POST', '/agents/execute', { token, json: withPassword })
  for (const json of [ask, withPassword]) {
    const { body } = await call('POST', '/agents/execute/async', { token, json, headers: { ...hostile, prefer: 'wait=20' } })
    t.ok(body.task_id, 'a task that failed')
    // The second is another request.
    hostile['idempotency-key'] = `${secrets['an idempotency key']}-2`
  }
  const socket = io(gateway.url, { path: '/ws', transports: ['websocket'], auth: { token } })
  await new Promise<void>((resolve) => socket.on('connect', () => resolve()))
  socket.disconnect()
  const refused = io(gateway.url, {
    path: '/ws',
    transports: ['websocket'],
    auth: { token: secrets['a forged token'] },
    forceNew: true,
  })
  await new Promise<void>((resolve) => refused.on('connect_error', () => resolve()))
  refused.disconnect()
  t.equal((await call('POST', '/auth/refresh', { json: { refresh_token: first.refresh_token } })).status, 401, 'used before')
  t.equal((await call('POST', '/auth/logout', { token, json: { refresh_token: second.refresh_token } })).status, 204)
  await call('GET', `/nowhere?token=${secrets['a token in the query']}`, { token })

  const [metrics] = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(gateway.output.stdout) ?? []
  const scrape = await (await fetch(metrics as string)).text()
  const operator = await operatorToken(environment)
  secrets['the token of the operator'] = operator
  const seen: string[] = []
  const look = async (path: string): Promise<any> => {
    const response = await fetch(`${gateway.url}/ops/api/${path}`, { headers: { authorization: `Bearer ${operator}` } })
    t.equal(response.status, 200, path)
    seen.push(await response.clone().text())
    return response.json()
  }
  for (const path of ['state', 'traffic', 'requests', 'operations']) await look(path)
  for (const { id } of (await look('operations')).operations) await look(`operations/${id}`)
  for (const { task_id } of (await look('tasks')).tasks) await look(`tasks/${task_id}`)
  gateway.child.kill('SIGTERM')
  t.equal(await gateway.exited, 0)

  const { stdout, stderr } = gateway.output
  t.match(stdout, '"op":"login"', 'the log is there')
  t.match(stdout, "name: 'POST /api/v1/auth/login'", 'the traces are there')
  t.match(stdout, 'the language model refused', 'what handlers log is there')
  t.match(scrape, 'operation="login"', 'the metrics are there')
  t.match(seen.join(''), '"password":"[redacted]"', "the operator page's data is there")
  assertHidden(t, secrets, stdout + stderr + scrape + seen.join(''))
})

/** As `gatefold token` makes it for whoever knows the secret. */
async function operatorToken(environment: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await gatefold(root, ['token', '--subject', 'operator', '--role', 'admin'], environment)
  if (code !== 0) throw new Error(stdout + stderr)
  return stdout.trim().split('\n').at(-1) as string
}

t.test('no password of a service that is away is said', async (t) => {
  const secrets: Secrets = {
    'the password of the database': 'password-of-the-database',
    'the password of Redis': 'password-of-redis',
  }
  const password = Object.values(secrets)
  const dataDir = await testDataDirectory(t)
  const away = startGatefold(t, root, ['--port', '0'], {
    DATABASE_URL: `postgres://ada:${password[0]}@127.0.0.1:1/nothing`,
    REDIS_URL: `redis://:${password[1]}@127.0.0.1:1`,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'trace',
  })
  const failure = await away.then(
    () => '',
    (error: Error) => error.message,
  )
  t.match(failure, 'ECONNREFUSED')
  assertHidden(t, secrets, failure)
})
