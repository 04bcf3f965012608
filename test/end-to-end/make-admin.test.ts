import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startGateway } from '../../src/index.ts'
import { testDatabasePlace } from '../database.ts'
import { password } from './reference.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const script = join(root, 'handlers/accounts/make-admin.ts')

t.test('the first administrator is made at the console', async (t) => {
  // The real secret: the script signs with it in a process of its own.
  const { url, dataDir: shared } = await testDatabasePlace(t)
  const environment = { DATABASE_URL: url, DATA_DIR: shared, LOG_LEVEL: 'silent' }
  const gateway = await startGateway({ directory: root, environment, port: 0 })
  t.teardown(() => gateway.stop())
  const call = async (method: string, path: string, { token, json }: { token?: string; json?: object }) => {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
    const response = await fetch(`${gateway.url}/api/v1${path}`, { method, headers, ...(json && { body: JSON.stringify(json) }) })
    return { status: response.status, body: (await response.json()) as any }
  }
  const json = { email: 'ada@example.com', password }
  await call('POST', '/auth/register', { json })
  const { body: ada } = await call('POST', '/auth/login', { json })

  const makeAdmin = (email: string, env = environment) =>
    run(process.execPath, ['-C', 'gatefold-source', script, email, '--url', gateway.url], { env: { ...process.env, ...env } })

  const { stdout } = await makeAdmin('ada@example.com')
  t.equal(stdout, 'ada@example.com is an administrator from its next login or refresh on\n')
  const { body } = await call('POST', '/auth/refresh', { json: { refresh_token: ada.refresh_token } })
  const me = await call('GET', '/auth/me', { token: body.access_token })
  t.same(me.body.roles, ['user', 'admin'])
  t.equal((await call('GET', '/users', { token: body.access_token })).status, 200)

  await t.rejects(makeAdmin('nobody@example.com'), { code: 1, stderr: /has no account/ })

  const { dataDir } = await testDatabasePlace(t)
  await t.rejects(
    makeAdmin('ada@example.com', { ...environment, DATA_DIR: dataDir }),
    { code: 1, stderr: /invalid_credentials/ },
    'another secret',
  )
})
