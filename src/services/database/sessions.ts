import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import { type IdleLimit, limitIdle } from './idle-limit.ts'
import { preparedName } from './prepared-name.ts'
import type { Queryable, QueryOptions, QueryResult } from './queryable.ts'
import { takeTurns } from './turns.ts'
import { asUnavailable, DatabaseUnavailable } from './unavailable.ts'

/** Queries and transactions over a pool; the same code for both kinds of database. */
export interface Sessions extends Queryable {
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
  /** The open transaction that the caller runs in, if it does. */
  current(): Queryable | undefined
  /** Resolves when the next session comes back in order, whoever had it. */
  returned(): Promise<void>
  /** How the sessions are taken at the moment. */
  load(): SessionLoad
}

export interface SessionLoad {
  used: number
  idle: number
  /** The most that there may be. */
  most: number
  /** Queries and transactions that wait for a session. */
  waiting: number
}

/** @types/pg lacks this method of node-postgres 8.16 and later. */
type Client = pg.PoolClient & { getTransactionStatus(): 'I' | 'T' | 'E' | null }

interface OpenTransaction {
  tx: Queryable
  open: boolean
}

/**
 * Sessions over `pool`. A session goes back to the pool only in a clean state; what can't be cleaned is dropped.
 * The pool's size decides how many run at once: with one session, transactions are exclusive and queries queue in order.
 * A transaction that runs no statement for `idleTimeout` milliseconds is rolled back.
 */
export function openSessions(pool: pg.Pool, idleTimeout = 60_000): Sessions {
  const inside = new AsyncLocalStorage<OpenTransaction>()

  function current(): Queryable | undefined {
    const transaction = inside.getStore()
    return transaction?.open ? transaction.tx : undefined
  }

  async function query<Row>(text: string, values?: readonly unknown[], options?: QueryOptions): Promise<QueryResult<Row>> {
    // With one session this would wait for itself for ever, so it is refused for every size of pool.
    if (current()) throw new Error("the database was queried inside a transaction: use the transaction's own query()")
    return withSession(pool, (client) => run<Row>(client, text, values, options))
  }

  async function transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    if (current()) throw new Error('a transaction was begun inside a transaction: pass the outer one along')
    return withSession(pool, async (client) => {
      await send(client, 'BEGIN')
      const limit = limitIdle(idleTimeout)
      const state: OpenTransaction = { tx: transactionQueries(client, () => state.open, limit), open: true }
      let result: T
      try {
        limit.idle()
        result = await Promise.race([inside.run(state, work, state.tx), limit.exceeded])
      } finally {
        state.open = false
        limit.busy()
      }
      await commit(client)
      return result
    })
  }

  function load(): SessionLoad {
    const { totalCount, idleCount, waitingCount, options } = pool
    return { used: totalCount - idleCount, idle: idleCount, most: options.max, waiting: waitingCount }
  }

  return { query, transaction, current, load, returned: returnsTo(pool) }
}

/** Whoever waits for a session to come back waits for the same one. */
function returnsTo(pool: pg.Pool): () => Promise<void> {
  let next = Promise.withResolvers<void>()
  pool.on('release', (error) => {
    if (error) return
    next.resolve()
    next = Promise.withResolvers()
  })
  return () => next.promise
}

function transactionQueries(client: Client, isOpen: () => boolean, limit: IdleLimit): Queryable {
  const inTurn = takeTurns()
  return {
    query<Row>(text: string, values?: readonly unknown[], options?: QueryOptions) {
      return inTurn(async () => {
        if (!isOpen()) throw new Error('the transaction has ended: await every query inside it')
        limit.busy()
        try {
          return await run<Row>(client, text, values, options)
        } finally {
          if (isOpen()) limit.idle()
        }
      })
    },
  }
}

async function commit(client: Client): Promise<void> {
  const [{ command }] = await send(client, 'COMMIT')
  // Postgres answers a COMMIT after a failed statement with ROLLBACK, not with an error.
  if (command === 'ROLLBACK')
    throw new Error('the transaction was rolled back: a statement in it failed and its error was ignored')
}

async function run<Row>(
  client: Client,
  text: string,
  values?: readonly unknown[],
  options?: QueryOptions,
): Promise<QueryResult<Row>> {
  const results = await send(client, text, values, options)
  return {
    rows: results.length === 1 ? (results[0].rows as Row[]) : results.flatMap(({ rows }) => rows as Row[]),
    rowCount: results.at(-1)?.rowCount ?? 0,
  }
}

/** One result per statement. Without values node-postgres speaks the simple protocol, which alone takes several statements. */
async function send(
  client: Client,
  text: string,
  values: readonly unknown[] = [],
  { prepare = false }: QueryOptions = {},
): Promise<[pg.QueryResult, ...pg.QueryResult[]]> {
  try {
    const result: unknown = await client.query(
      values.length === 0 ? text : { text, values: [...values], ...(prepare && { name: preparedName(text) }) },
    )
    return (Array.isArray(result) ? result : [result]) as [pg.QueryResult, ...pg.QueryResult[]]
  } catch (error) {
    throw asUnavailable(error)
  }
}

async function withSession<T>(pool: pg.Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await checkOut(pool)
  let lost: Error | undefined
  // The pool takes its own listener off while the client is checked out; an 'error' without a listener would end the process.
  const onError = (error: Error) => {
    lost = error
  }
  client.on('error', onError)
  let failed = true
  try {
    const result = await work(client)
    failed = false
    return result
  } catch (error) {
    throw lost ? new DatabaseUnavailable(lost.message, { cause: error }) : error
  } finally {
    const clean = lost === undefined && (await leaveClean(client, failed))
    client.off('error', onError)
    client.release(!clean)
  }
}

async function checkOut(pool: pg.Pool): Promise<Client> {
  try {
    return (await pool.connect()) as Client
  } catch (error) {
    throw asUnavailable(error)
  }
}

/**
 * Ends whatever transaction is still open. After an error the status on hand is that of before it, and a text of several
 * statements may have failed between its own BEGIN and COMMIT: so always roll back then (outside a transaction it does nothing).
 */
async function leaveClean(client: Client, failed: boolean): Promise<boolean> {
  if (!failed && client.getTransactionStatus() === 'I') return true
  try {
    await client.query('ROLLBACK')
    return client.getTransactionStatus() === 'I'
  } catch {
    return false
  }
}
