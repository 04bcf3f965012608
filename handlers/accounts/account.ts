import type { Queryable } from 'gatefold'
import type { Role, User } from '../../gatefold.ts'

/** A row of the table `account`. */
export interface Account {
  id: string
  email: string
  name: string | null
  password_hash: string
  roles: Role[]
  created_at: Date
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The account with an id; ids that are no UUID (the subject of a token made by hand, say) have none. */
export async function findAccount(database: Queryable, id: string): Promise<Account | undefined> {
  if (!uuid.test(id)) return undefined
  const { rows } = await database.query<Account>('SELECT * FROM account WHERE id = $1', [id])
  return rows[0]
}

export async function findAccountByEmail(database: Queryable, email: string): Promise<Account | undefined> {
  const { rows } = await database.query<Account>('SELECT * FROM account WHERE email = $1', [normalizeEmail(email)])
  return rows[0]
}

/** How an address is kept and compared. */
export function normalizeEmail(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}

/** An account as the API shows it: everything but the password. */
export function toUser({ id, email, name, roles, created_at }: Account): User {
  return { id, email, name, roles, created_at: created_at.toISOString() }
}
