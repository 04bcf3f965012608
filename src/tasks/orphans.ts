import type { Logger } from 'pino'
import type { TaskDefinitions } from './definition.ts'
import { isLost, lease, workerLost } from './lease.ts'
import { type AttemptId, nameOf } from './slots.ts'
import type { EndState } from './states.ts'
import type { TaskStore } from './store.ts'

/** Beats in a row that must find an attempt lost: during a rollout another worker may still know its operation. */
const patience = Math.ceil((3 * lease.lapse) / lease.beat)

/** Attempts that nobody runs, of operations that are no tasks any more. */
export interface Orphans {
  /** Looks for them, once at each beat, and ends those that no other worker has taken over for long enough. */
  look(): Promise<void>
  /** Ends them: as cancelled where that was asked for, else as failed. */
  end(attempts: readonly AttemptId[]): Promise<void>
}

/** `retention`: milliseconds for which tasks of unknown operations are kept. */
export function createOrphans(store: TaskStore, definitions: TaskDefinitions, retention: () => number, log: Logger): Orphans {
  const { database, notifications, metrics } = store
  const { schema } = database
  /** In how many beats each has been found. */
  let found = new Map<string, number>()

  async function look(): Promise<void> {
    const { rows } = await database.query<AttemptId>(
      `SELECT t.id, t.fence FROM "${schema}".task t WHERE ${isLost(schema)} AND t.operation <> ALL($2::text[])
       ORDER BY t.id LIMIT 1000`,
      [lease.lapse, [...definitions.keys()]],
    )
    found = new Map(rows.map((attempt) => [nameOf(attempt), (found.get(nameOf(attempt)) ?? 0) + 1]))
    await end(rows.filter((attempt) => (found.get(nameOf(attempt)) as number) > patience))
  }

  async function end(attempts: readonly AttemptId[]): Promise<void> {
    if (attempts.length === 0) return
    const { rows } = await database.query<{
      id: string
      operation: string
      owner: string | null
      state: EndState
      last_seq: number
    }>(
      `WITH lost AS (
         SELECT t.id FROM "${schema}".task t
         JOIN unnest($1::uuid[], $2::int[]) AS a(id, fence) ON t.id = a.id AND t.fence = a.fence
         WHERE t.state = 'active' ORDER BY t.id FOR UPDATE OF t SKIP LOCKED
       ), ended AS (
         UPDATE "${schema}".task t
         SET state = CASE WHEN t.cancel_requested THEN 'cancelled' ELSE 'failed' END,
             error = CASE WHEN NOT t.cancel_requested THEN $3::json END,
             worker = NULL, finished_at = clock_timestamp(),
             expires_at = clock_timestamp() + $4::double precision * interval '1 millisecond', last_seq = t.last_seq + 1
         FROM lost WHERE t.id = lost.id
         RETURNING t.id, t.operation, t.owner, t.state, t.error, t.last_seq
       ), event AS (
         INSERT INTO "${schema}".task_event (task_id, seq, type, status, data, at)
         SELECT id, last_seq, 'status', state, CASE WHEN state = 'failed' THEN json_build_object('error', error) END,
                clock_timestamp() FROM ended
       )
       SELECT id, operation, owner, state, last_seq FROM ended`,
      [attempts.map(({ id }) => id), attempts.map(({ fence }) => fence), JSON.stringify(workerLost), retention()],
    )
    for (const { id, operation, owner, state, last_seq } of rows) {
      metrics.changed(operation, state)
      notifications.events(id, last_seq, last_seq, owner)
      log.warn({ task_id: id, op: operation }, `a task lost its worker, and its operation is no task any more: it is ${state}`)
    }
  }

  return { look, end }
}
