import { createHash } from 'node:crypto'
import type { HandlerRequest } from '../context.ts'
import { type Problem, problem } from '../errors.ts'
import type { Queryable } from '../services/database.ts'

/** Hours for which a key stands for its task. */
const lifetime = 24
/** Keys are stored; draft-ietf-httpapi-idempotency-key-header leaves their length to the server. */
const longestKey = 255

/** Which request a key belongs to. */
export interface IdempotencyKey {
  owner: string | null
  operation: string
  key: string
  /** SHA-256 of the request in canonical form. */
  request: Buffer
}

/** Reads `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a quoted string, or as most clients send it, a bare one. */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined | Problem {
  if (header === undefined) return undefined
  const text = Array.isArray(header) ? header.join(', ') : header
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text
  if (key !== '' && key.length <= longestKey && /^[\x21-\x7e ]+$/.test(key)) return key
  return problem('malformed_request', { detail: `Idempotency-Key must have 1 to ${longestKey} printable ASCII characters` })
}

/** The same for requests that mean the same: independent of the order of members and of how the request was encoded. */
export function hashRequest({ params, query, body }: HandlerRequest): Buffer {
  return createHash('sha256')
    .update(canonical([params, query, body ?? null]))
    .digest()
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    .join(',')}}`
}

/**
 * Keeps `taskId` under a key. Gives the task that the key stands for already, or a refusal: 422 when that was another request,
 * 409 while that request is still being taken in by another process.
 */
export async function claimKey(
  tx: Queryable,
  schema: string,
  entry: IdempotencyKey,
  taskId: string,
): Promise<string | undefined | Problem> {
  const { operation, key, request } = entry
  const owner = entry.owner ?? ''
  const lock = await tx.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1)) AS free', [
    `${owner}\n${operation}\n${key}`,
  ])
  if (lock.rows[0]?.free !== true) return inFlight()
  const { rows } = await tx.query<{ task_id: string; request: Buffer }>(
    `SELECT k.task_id, k.request FROM "${schema}".task_idempotency k JOIN "${schema}".task t ON t.id = k.task_id
     WHERE k.owner = $1 AND k.operation = $2 AND k.key = $3 AND k.expires_at > now()`,
    [owner, operation, key],
  )
  const [known] = rows
  if (known !== undefined) return known.request.equals(request) ? known.task_id : problem('idempotency_key_reused')
  await tx.query(
    `INSERT INTO "${schema}".task_idempotency (owner, operation, key, request, task_id, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 hour')
     ON CONFLICT (owner, operation, key) DO UPDATE
     SET request = excluded.request, task_id = excluded.task_id, expires_at = excluded.expires_at`,
    [owner, operation, key, request, taskId, lifetime],
  )
  return undefined
}

export function inFlight(): Problem {
  return problem('idempotency_in_flight', { headers: { 'retry-after': '1' } })
}
