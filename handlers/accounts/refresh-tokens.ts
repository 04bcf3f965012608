import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto'
import type { Database, Queryable } from 'gatefold'
import type { Account } from './account.ts'

/** How long a refresh token works, in seconds: 7 days from when it was handed out. */
export const refreshTokenLifetime = 7 * 24 * 60 * 60

export interface Grant {
  account: Account
  sessionId: string
  refreshToken: string
}

/**
 * Starts a session of an account, and forgets those of its sessions that are over. The account is locked first: its
 * DELETE takes account, session and token in this order, and with one that takes them in another each could wait for the other.
 */
export async function openSession(database: Database, account: Account): Promise<Grant> {
  return database.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM account WHERE id = $1 FOR KEY SHARE', [account.id])
    await tx.query('DELETE FROM session WHERE account_id = $1 AND expires_at < now()', [account.id])
    const sessionId = randomUUIDv7()
    await tx.query(`INSERT INTO session (id, account_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`, [
      sessionId,
      account.id,
      refreshTokenLifetime,
    ])
    return { account, sessionId, refreshToken: await issue(tx, sessionId) }
  })
}

/**
 * Exchanges a refresh token for the next one of its session. `'reused'`: it had been exchanged before, so somebody has a copy,
 * and the session ends. Of two exchanges at once the session's lock lets one win; the other is a reuse like any other. The session is
 * locked before its token, as `openSession` explains.
 */
export async function rotate(database: Database, token: string): Promise<Grant | 'invalid' | 'reused'> {
  return database.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM session WHERE id = (SELECT session_id FROM refresh_token WHERE hash = $1) FOR UPDATE', [
      hash(token),
    ])
    const { rows } = await tx.query<Account & { session_id: string }>(
      `UPDATE refresh_token SET used_at = now()
         FROM session JOIN account ON account.id = session.account_id
        WHERE refresh_token.hash = $1 AND refresh_token.used_at IS NULL AND refresh_token.expires_at > now()
          AND session.id = refresh_token.session_id AND session.ended_at IS NULL
       RETURNING session.id AS session_id, account.*`,
      [hash(token)],
    )
    const [found] = rows
    if (found === undefined) return (await endIfUsed(tx, token)) ? 'reused' : 'invalid'

    const { session_id: sessionId, ...account } = found
    await tx.query('DELETE FROM refresh_token WHERE session_id = $1 AND expires_at < now()', [sessionId])
    await tx.query('UPDATE session SET expires_at = now() + make_interval(secs => $2) WHERE id = $1', [
      sessionId,
      refreshTokenLifetime,
    ])
    return { account, sessionId, refreshToken: await issue(tx, sessionId) }
  })
}

/** Ends the session that a refresh token belongs to; nothing happens when there is none. */
export async function endSessionOf(database: Queryable, token: string): Promise<void> {
  await database.query(
    `UPDATE session SET ended_at = now() FROM refresh_token
      WHERE refresh_token.hash = $1 AND session.id = refresh_token.session_id AND session.ended_at IS NULL`,
    [hash(token)],
  )
}

/** Ends a session by its id; nothing happens when there is none. */
export async function endSession(database: Queryable, sessionId: string): Promise<void> {
  await database.query('UPDATE session SET ended_at = now() WHERE id = $1 AND ended_at IS NULL', [sessionId])
}

async function issue(tx: Queryable, sessionId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await tx.query(`INSERT INTO refresh_token (hash, session_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`, [
    hash(token),
    sessionId,
    refreshTokenLifetime,
  ])
  return token
}

async function endIfUsed(tx: Queryable, token: string): Promise<boolean> {
  const { rowCount } = await tx.query('SELECT 1 FROM refresh_token WHERE hash = $1 AND used_at IS NOT NULL', [hash(token)])
  if (rowCount > 0) await endSessionOf(tx, token)
  return rowCount > 0
}

/** 256 random bits need no salt and no slow hash. */
function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
