import type { Queryable } from '../services/database.ts'

/** The operations with tasks that wait for a time within the next `horizon` milliseconds, and how long that is from now (0: overdue). */
export async function dueOperations(
  database: Queryable,
  schema: string,
  operations: readonly string[],
  horizon: number,
): Promise<{ operation: string; delay: number }[]> {
  const { rows } = await database.query<{ operation: string; delay: number }>(
    `SELECT o.operation, greatest(0, extract(epoch FROM d.run_at - clock_timestamp()) * 1000)::double precision AS delay
     FROM unnest($1::text[]) AS o(operation)
     CROSS JOIN LATERAL (
       SELECT run_at FROM "${schema}".task
       WHERE operation = o.operation AND state IN ('queued', 'retrying') AND NOT held ORDER BY run_at LIMIT 1
     ) d
     WHERE d.run_at < clock_timestamp() + $2::double precision * interval '1 millisecond'`,
    [operations, horizon],
  )
  return rows
}
