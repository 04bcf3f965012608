import type { TaskDefinition, TaskDefinitions } from './definition.ts'
import { admitAll, admitNext, lockOwners } from './owners.ts'
import type { TaskStore } from './store.ts'

/** Tasks that one transaction releases, so that it stays short. */
const batch = 500

/**
 * Gives jobs to tasks that are held back although nothing holds them: their limit was raised or is gone, or a process died
 * between two steps.
 */
export async function releaseHeldTasks(store: TaskStore, definitions: TaskDefinitions): Promise<void> {
  const all = [...definitions.values()]
  await releaseUnlimited(
    store,
    all.filter(({ options }) => options.perOwner === undefined),
  )
  await fillPlaces(store, all)
}

async function releaseUnlimited(
  { database, queue, notifications }: TaskStore,
  unlimited: readonly TaskDefinition[],
): Promise<void> {
  const definitions = new Map(unlimited.map((definition) => [definition.operation.id, definition]))
  const { rows } = await database.query<{ operation: string; count: number }>(
    `SELECT operation, count(*)::int AS count FROM "${database.schema}".task
     WHERE held AND operation = ANY($1::text[]) GROUP BY operation`,
    [[...definitions.keys()]],
  )
  for (const { operation, count } of rows) {
    const definition = definitions.get(operation) as TaskDefinition
    // By the count, and not until there are none: a process that still has the limit may hold them back again meanwhile.
    for (let left = count; left > 0; left -= batch) {
      await database.transaction((tx) => admitAll(tx, database.schema, queue, definition, batch))
      notifications.due(definition.queue)
    }
  }
}

/** Places are counted before their locks are taken: should one be gone by then, the claim holds the task back again. */
async function fillPlaces({ database, queue, notifications }: TaskStore, all: readonly TaskDefinition[]): Promise<void> {
  const limits = new Map(
    all.flatMap((definition) => {
      const { perOwner } = definition.options
      return perOwner === undefined ? [] : [[definition.operation.id, { definition, active: perOwner.active }] as const]
    }),
  )
  // Nobody is '' (an owner names its scheme), and unlike NULL it can be joined by hash.
  const { rows } = await database.query<{ operation: string; owner: string | null; places: number }>(
    `WITH held AS (
       SELECT operation, owner, count(*) AS count FROM "${database.schema}".task
       WHERE held AND operation = ANY($1::text[]) GROUP BY operation, owner
     ), taken AS (
       SELECT operation, owner, count(*) AS count FROM "${database.schema}".task
       WHERE operation IN (SELECT operation FROM held)
         AND (state = 'active' OR (state IN ('queued', 'retrying') AND NOT held AND run_at <= clock_timestamp()))
       GROUP BY operation, owner
     )
     SELECT held.operation, held.owner, LEAST(held.count, l.active - COALESCE(taken.count, 0), $3)::int AS places
     FROM held JOIN unnest($1::text[], $2::double precision[]) AS l(operation, active) ON l.operation = held.operation
     LEFT JOIN taken ON taken.operation = held.operation AND COALESCE(taken.owner, '') = COALESCE(held.owner, '')
     WHERE l.active > COALESCE(taken.count, 0)`,
    [[...limits.keys()], [...limits.values()].map(({ active }) => active), batch],
  )
  for (const { operation, owner, places } of rows) {
    const { definition } = limits.get(operation) as { definition: TaskDefinition }
    await database.transaction(async (tx) => {
      await lockOwners(tx, definition, [owner])
      await admitNext(tx, database.schema, queue, definition, Array<string | null>(places).fill(owner))
    })
    notifications.due(definition.queue)
  }
}
