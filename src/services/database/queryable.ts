/** Rows of one statement; for a text of several statements the rows of all of them, in order. */
export interface QueryResult<Row> {
  rows: Row[]
  /** Rows returned or affected by the (last) statement; 0 where Postgres counts none. */
  rowCount: number
}

export interface QueryOptions {
  /**
   * Parses and plans the statement once for each session. For texts of which there are few, as sessions keep them all, and with a plan
   * that suits any amount of rows, as it may be older than they are: inserts above all.
   */
  readonly prepare?: boolean
}

/** What can run SQL: the database itself, or one transaction. */
export interface Queryable {
  /**
   * Runs one statement with `$1`-style parameters, or without `values` one or more statements separated by `;`.
   * Rejects with `DatabaseUnavailable` when the database cannot be reached, else with Postgres' own error (SQLSTATE in `code`).
   *
   * Values out: `timestamptz` → Date, `int8` → number (a string beyond 2^53), `numeric`, `date`, `time` and `timestamp` → string,
   * `json`/`jsonb` → parsed, `bytea` → Buffer. Values in: a plain object becomes JSON; an array becomes a Postgres array, so a JSON
   * array must be passed as `JSON.stringify(array)`.
   */
  query<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<QueryResult<Row>>
}
