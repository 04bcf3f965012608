import { pg } from './pg.ts'

/** The database cannot be reached (or not in time). Nothing is known to be wrong with the statement itself. */
export class DatabaseUnavailable extends Error {
  /** Marks errors of services that callers may try again later; the pipeline answers 503 `unavailable`. */
  readonly unavailable = true

  constructor(reason: string, options?: ErrorOptions) {
    super(`the database is not available: ${reason}`, options)
    this.name = 'DatabaseUnavailable'
  }
}

/**
 * SQLSTATEs that speak of the server rather than of the statement: class 08 (connection), 28 (authorization), 3D (no such database),
 * 57P (shutdown, crash, starting up), 53100 (disk full), 53300 (too many connections), 25P03 and 25006 (idle too long; read-only after a failover).
 */
const serverStates = /^(08|28|3D|53100|53300|57P|25P03|25006)/

/** Turns what node-postgres rejects with into `DatabaseUnavailable` where the connection is to blame; leaves all else as it is. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof pg().DatabaseError) {
    return serverStates.test(error.code ?? '') ? new DatabaseUnavailable(error.message, { cause: error }) : error
  }
  if (error instanceof DatabaseUnavailable || error instanceof TypeError || error instanceof RangeError) return error
  if (!(error instanceof Error)) return error
  return new DatabaseUnavailable(reasonOf(error), { cause: error })
}

/** Node's AggregateError of a connection that was refused on every address has an empty message. */
function reasonOf(error: Error): string {
  if (error.message !== '') return error.message
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message
  return 'code' in error ? String(error.code) : error.name
}
