import type { TaskSystem } from '../tasks/system.ts'

// Jobs come before tasks, each in a statement of its own: whoever claims a task locks them in this order.

/** Brings all tasks that wait for a time nearer to it by `ms` milliseconds, and keys for idempotency to their end. */
export async function passTaskTime({ store, definitions }: TaskSystem, ms: number): Promise<void> {
  const { database, notifications } = store
  const span = [ms]
  await database.query(
    `UPDATE "${database.schema}_queue".job SET start_after = start_after - $1 * interval '1 millisecond' WHERE state < 'active'`,
    span,
  )
  await database.query(
    `UPDATE "${database.schema}".task SET run_at = run_at - $1 * interval '1 millisecond' WHERE state IN ('queued', 'retrying')`,
    span,
  )
  await database.query(
    `UPDATE "${database.schema}".task_idempotency SET expires_at = expires_at - $1 * interval '1 millisecond'`,
    span,
  )
  for (const { queue } of definitions.values()) notifications.due(queue)
}

/** Makes a task due that waits for a time; nothing happens when it does not. */
export async function endWait({ store, definitions }: TaskSystem, taskId: string): Promise<void> {
  const { database, notifications } = store
  const { rowCount } = await database.query(
    `UPDATE "${database.schema}_queue".job SET start_after = clock_timestamp()
     WHERE id = (SELECT job FROM "${database.schema}".task WHERE id = $1) AND start_after > clock_timestamp()`,
    [taskId],
  )
  if (rowCount === 0) return
  await database.query(
    `UPDATE "${database.schema}".task SET run_at = clock_timestamp() WHERE id = $1 AND state IN ('queued', 'retrying')`,
    [taskId],
  )
  for (const { queue } of definitions.values()) notifications.due(queue)
}
