import { AsyncLocalStorage } from 'node:async_hooks'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Account } from '../../handlers/accounts/account.ts'
import { openSession, rotate } from '../../handlers/accounts/refresh-tokens.ts'
import type { Database } from '../../src/services/database.ts'
import { openTestDatabase, serverUrl } from '../database.ts'

const account = { id: '0190f7a0-0000-7000-8000-000000000001' } as Account

async function openAccounts(t: Test): Promise<Database> {
  const name = '001_accounts.sql'
  const sql = await readFile(join(import.meta.dirname, '../../handlers/migrations', name), 'utf8')
  const database = await openTestDatabase(t, { migrations: { own: [], application: () => [{ name, sql }] } })
  await database.query(`INSERT INTO account (id, email, password_hash, roles) VALUES ($1, 'ada', '', '{user}')`, [account.id])
  return database
}

/** The database, where the account is deleted by another connection, and waits for a lock, before a statement like `pattern` begins. */
function deletingBefore(database: Database, pattern: RegExp) {
  let deletion: Promise<unknown> | undefined
  const outside = AsyncLocalStorage.snapshot()
  const transaction: Database['transaction'] = (work) =>
    database.transaction((tx) => {
      const query: typeof tx.query = async (text, ...rest) => {
        if (deletion === undefined && pattern.test(text)) {
          deletion = outside(() => database.query('DELETE FROM account WHERE id = $1', [account.id]))
          deletion.catch(() => {})
          await outside(isWaiting, database)
        }
        return tx.query(text, ...rest)
      }
      return work({ ...tx, query })
    })
  return { database: { ...database, transaction }, deleted: () => deletion }
}

async function isWaiting(database: Database): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'DELETE FROM account%'`
  while ((await database.query(waiting)).rowCount === 0) await setTimeout(10)
}

t.test('an account is deleted while', { skip: serverUrl === '' && 'the embedded database has one session' }, async (t) => {
  await t.test('a refresh token is exchanged: both succeed', async (t) => {
    const database = await openAccounts(t)
    const { refreshToken } = await openSession(database, account)
    const racing = deletingBefore(database, /^UPDATE session/)
    t.match(await rotate(racing.database, refreshToken), { account: { email: 'ada' } })
    t.match(await racing.deleted(), { rowCount: 1 })
    t.same((await database.query('SELECT 1 FROM session')).rows, [])
    t.equal(await rotate(database, refreshToken), 'invalid')
  })

  await t.test('a session is opened and one that is over forgotten: both succeed', async (t) => {
    const database = await openAccounts(t)
    await openSession(database, account)
    await database.query('UPDATE session SET expires_at = now()')
    const racing = deletingBefore(database, /^INSERT INTO session/)
    t.match(await openSession(racing.database, account), { account })
    t.match(await racing.deleted(), { rowCount: 1 })
  })
})
