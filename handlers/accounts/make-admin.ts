/**
 * Makes an account of the running reference application an administrator: `npm run make-admin -- ada@example.com`.
 * It signs a token with the application's own secret, so whoever may read the secret may do this, and nobody else.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { planGateway } from 'gatefold'

interface User {
  id: string
  roles: string[]
}

async function makeAdmin(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: 'string' }, env: { type: 'string' } },
  })
  const [email] = positionals
  if (email === undefined || positionals.length > 1) {
    stop('usage: npm run make-admin -- <email> [--url http://localhost:8000] [--env <name>]')
  }

  const environment = { ...process.env, LOG_LEVEL: 'error' }
  const plan = await planGateway({ directory: join(import.meta.dirname, '../..'), env: values.env, environment })
  const base = (values.url ?? `http://localhost:${plan.config.server.port}`) + plan.basePath
  const { keys } = plan.services
  if (keys === undefined) stop('nothing here signs tokens: see `gatefold check`')
  await keys.start?.()
  const token = await keys.sign({ sub: 'make-admin', roles: ['admin'] }, { expiresIn: '1m' })

  const { users } = await call<{ users: User[] }>(token, 'GET', `${base}/users?${new URLSearchParams({ email })}`)
  const [user] = users
  if (user === undefined) stop(`${email} has no account: register it first`)
  await call(token, 'PUT', `${base}/users/${user.id}/roles`, { roles: [...new Set([...user.roles, 'admin'])] })
  process.stdout.write(`${email} is an administrator from its next login or refresh on\n`)
}

async function call<Body>(token: string, method: string, url: string, body?: object): Promise<Body> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => stop(`nothing answers at ${new URL(url).origin}: start the application first, or name it by --url`))
  const answer = await response.json()
  if (!response.ok) stop(`${method} ${url} was refused: ${JSON.stringify(answer)}`)
  return answer as Body
}

function stop(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

// The gateway loads every module below handlers/, this one too: only as a command it does anything, and it may not wait here.
if (import.meta.main) void makeAdmin()
