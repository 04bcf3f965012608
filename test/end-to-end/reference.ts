import { join } from 'node:path'
import type { Test } from 'tap'
import { type TestGateway, testGateway } from '../../src/testing/test-gateway.ts'
import { serverUrl } from '../database.ts'

/** The reference application with its own documents, on a database of its own. */
export interface Reference extends TestGateway {
  /** Registers an account, logs in, and gives the tokens. */
  account(email: string): Promise<{ id: string; access_token: string; refresh_token: string }>
}

export const password = 'a long enough sentence'

/** What a request carries that has a token already. */
export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

export async function startReference(t: Test): Promise<Reference> {
  const directory = join(import.meta.dirname, '../..')
  const gateway = await testGateway({ directory, environment: {}, databaseUrl: serverUrl })
  t.teardown(gateway.stop)
  return {
    ...gateway,
    async account(email) {
      const { body: user } = await gateway.request('POST', '/auth/register', { json: { email, password } })
      const { body: tokens } = await gateway.request('POST', '/auth/login', { json: { email, password } })
      return { id: user.id, ...tokens }
    },
  }
}
