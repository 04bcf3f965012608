import type { Queryable } from 'gatefold'
import type { Handler } from '../gatefold.ts'
import { type Account, normalizeEmail, toUser } from './accounts/account.ts'

export const uses = ['database'] as const

/** GET /users */
export const listUsers: Handler<'listUsers'> = async ({ query }, { services }) => {
  const { limit, cursor = null, email } = query
  // One more than asked for tells whether there is a page after this one.
  const { rows } = await services.database.query<Account>(
    `SELECT * FROM account
      WHERE ($1::uuid IS NULL OR id > $1) AND ($2::text IS NULL OR email = $2)
      ORDER BY id LIMIT $3`,
    [cursor, email === undefined ? null : normalizeEmail(email), limit + 1],
  )
  const page = rows.slice(0, limit)
  return { users: page.map(toUser), next_cursor: rows.length > limit ? page.at(-1)!.id : null }
}

const lastAdmin = { status: 409, title: 'This is the last administrator', detail: 'make another account an administrator first' }

/** Whether nobody but this account is an administrator. Whoever asks at the same time waits until the transaction ends. */
async function isLastAdmin(tx: Queryable, id: string): Promise<boolean> {
  const { rows } = await tx.query<Pick<Account, 'id'>>("SELECT id FROM account WHERE 'admin' = ANY(roles) ORDER BY id FOR UPDATE")
  return rows.length === 1 && rows[0]!.id === id
}

/** PUT /users/{user_id}/roles */
export const setUserRoles: Handler<'setUserRoles'> = ({ params: { user_id }, body: { roles } }, { services, problem }) =>
  services.database.transaction(async (tx) => {
    if (!roles.includes('admin') && (await isLastAdmin(tx, user_id))) return problem('last_admin', lastAdmin)
    const { rows } = await tx.query<Account>('UPDATE account SET roles = $2 WHERE id = $1 RETURNING *', [user_id, roles])
    return rows[0] === undefined ? problem('not_found', { detail: `no account has the id ${user_id}` }) : toUser(rows[0])
  })

/** DELETE /users/{user_id} */
export const deleteUser: Handler<'deleteUser'> = ({ params: { user_id } }, { services, problem }) =>
  services.database.transaction(async (tx) => {
    if (await isLastAdmin(tx, user_id)) return problem('last_admin', lastAdmin)
    const { rowCount } = await tx.query('DELETE FROM account WHERE id = $1', [user_id])
    if (rowCount === 0) return problem('not_found', { detail: `no account has the id ${user_id}` })
  })
