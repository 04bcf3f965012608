/**
 * Makes an account of the running reference application an administrator: `npm run make-admin -- ada@example.com`.
 * It signs a token with the application's own secret, so whoever may read the secret may do this, and nobody else.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { planGateway } from '../src/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string' }, env: { type: 'string' } },
})
const [email] = positionals
if (email === undefined || positionals.length > 1) {
  stop('usage: npm run make-admin -- <email> [--url http://localhost:8000] [--env <name>]')
}

const environment = { ...process.env, LOG_LEVEL: 'error' }
const plan = await planGateway({ directory: join(import.meta.dirname, '..'), env: values.env, environment })
const base = (values.url ?? `http://localhost:${plan.config.server.port}`) + plan.basePath
const { keys } = plan.services
if (keys === undefined) stop('nothing here signs tokens: see `gatefold check`')
await keys.start?.()
const token = await keys.sign({ sub: 'make-admin', roles: ['admin'] }, { expiresIn: '1m' })

interface User {
  id: string
  roles: string[]
}

const { users } = await call<{ users: User[] }>('GET', `/users?${new URLSearchParams({ email })}`)
const [user] = users
if (user === undefined) stop(`${email} has no account: register it first`)
await call('PUT', `/users/${user.id}/roles`, { roles: [...new Set([...user.roles, 'admin'])] })
process.stdout.write(`${email} is an administrator from its next login or refresh on\n`)

async function call<Body>(method: string, path: string, body?: object): Promise<Body> {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => stop(`nothing answers at ${base}: start the application first, or name it by --url`))
  const answer = await response.json()
  if (!response.ok) stop(`${method} ${path} was refused: ${JSON.stringify(answer)}`)
  return answer as Body
}

function stop(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
