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

/** PUT /users/{user_id}/roles */
export const setUserRoles: Handler<'setUserRoles'> = async ({ params, body }, { services, problem }) => {
  const { rows } = await services.database.query<Account>('UPDATE account SET roles = $2 WHERE id = $1 RETURNING *', [
    params.user_id,
    body.roles,
  ])
  return rows[0] === undefined ? problem('not_found', { detail: `no account has the id ${params.user_id}` }) : toUser(rows[0])
}

/** DELETE /users/{user_id} */
export const deleteUser: Handler<'deleteUser'> = async ({ params }, { services, problem }) => {
  const { rowCount } = await services.database.query('DELETE FROM account WHERE id = $1', [params.user_id])
  if (rowCount === 0) return problem('not_found', { detail: `no account has the id ${params.user_id}` })
}
