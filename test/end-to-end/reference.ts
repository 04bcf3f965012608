import { join } from 'node:path'
import type { Test } from 'tap'
import { type Gateway, startGateway } from '../../src/index.ts'
import { testDatabasePlace } from '../database.ts'

export interface Answer {
  status: number
  headers: Headers
  /** The JSON body; undefined without one. */
  body: any
}

export interface Call {
  token?: string
  /** Sent as JSON. */
  json?: unknown
  form?: Record<string, string>
  headers?: Record<string, string>
}

/** The reference application with its own documents, on a database of its own. */
export interface Reference {
  gateway: Gateway
  /** What its documents were filled in with. */
  environment: Record<string, string>
  /** Where the API begins, for example `http://localhost:8000/api/v1`. */
  base: string
  call(method: string, path: string, call?: Call): Promise<Answer>
  /** A token that the gateway's own key signs, as `gatefold token` does. */
  sign(subject: string, roles: string[]): Promise<string>
  /** Registers an account, logs in, and gives the tokens. */
  account(email: string): Promise<{ id: string; access_token: string; refresh_token: string }>
}

export const password = 'a long enough sentence'

export async function startReference(t: Test): Promise<Reference> {
  const { url, dataDir } = await testDatabasePlace(t)
  const environment = { DATABASE_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'silent' }
  const gateway = await startGateway({
    directory: join(import.meta.dirname, '../..'),
    environment,
    port: 0,
  })
  t.teardown(() => gateway.stop())
  const base = gateway.url + gateway.plan.basePath
  const call = (method: string, path: string, call: Call = {}) => send(method, base + path, call)

  return {
    gateway,
    environment,
    base,
    call,
    sign: (subject, roles) => gateway.services.keys.sign({ sub: subject, roles }, { expiresIn: '5m' }),
    async account(email) {
      const { body: user } = await call('POST', '/auth/register', { json: { email, password } })
      const { body: tokens } = await call('POST', '/auth/login', { json: { email, password } })
      return { id: user.id, ...tokens }
    },
  }
}

async function send(method: string, url: string, { token, json, form, headers = {} }: Call): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(form !== undefined && { body: new URLSearchParams(form) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}
