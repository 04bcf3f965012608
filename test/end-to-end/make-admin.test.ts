import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { testDatabasePlace } from '../database.ts'
import { startReference } from './reference.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, '../../handlers/accounts/make-admin.ts')

t.test('the first administrator is made at the console', async (t) => {
  const { call, account, gateway, environment } = await startReference(t)
  const ada = await account('ada@example.com')

  const makeAdmin = (email: string, env = environment) =>
    run(process.execPath, [script, email, '--url', gateway.url], { env: { ...process.env, ...env } })

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
