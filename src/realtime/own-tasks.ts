import type { Principal } from '../context.ts'
import { maySee } from '../tasks/access.ts'
import { findTask, findTasks } from '../tasks/control.ts'
import type { Deliver } from '../tasks/follower.ts'
import { ownerOf } from '../tasks/insert.ts'
import { listEndedTasks, listOpenTasks } from '../tasks/list.ts'
import { type Notice, ownerTag } from '../tasks/notifications.ts'
import { repeat } from '../tasks/repeat.ts'
import type { TaskRow } from '../tasks/rows.ts'
import { endsTask, isEndState } from '../tasks/states.ts'
import type { TaskSystem } from '../tasks/system.ts'

export interface OwnTasks {
  /** The tasks that had not ended when the watch began, newest first. */
  readonly open: readonly TaskRow[]
  stop(): void
}

/** Open tasks that a watch begins with. */
const most = 1000
/** Milliseconds between two looks for tasks that no notification told of. */
const sweepInterval = 10_000
/** Milliseconds from the moment that an end bears to the one at which others see it, its transaction's: they are less. */
const slack = 60_000

/**
 * Delivers the events of all tasks of one principal, those included that begin later. `after` says for each task which event is
 * known already; where it says nothing, events from now on are delivered.
 */
export async function watchOwnTasks(
  tasks: TaskSystem,
  principal: Principal,
  after: ReadonlyMap<string, number>,
  deliver: Deliver,
): Promise<OwnTasks> {
  const { store, follower } = tasks
  const { database, notifications } = store
  const owner = ownerOf(principal) as string
  const tag = ownerTag(owner)
  const followed = new Map<string, () => void>()
  /** The last event delivered of tasks that have ended, and when they did; those that ended before `settled` are left out. */
  const ended = new Map<string, { seq: number; at: number }>()
  /** Until it is known what the watch begins with, what grows has to wait: followed from there on, it would be missed or repeated. */
  const begun = Promise.withResolvers<void>()
  let stopped = false

  function follow(taskId: string, cursor: number, floor: number): void {
    if (stopped || followed.has(taskId)) return
    const unfollow = follower.follow(taskId, cursor, (events) => {
      deliver(events)
      const last = events.at(-1)
      if (last === undefined || last.seq < floor || !endsTask(last)) return
      followed.get(taskId)?.()
      followed.delete(taskId)
      ended.set(taskId, { seq: last.seq, at: Date.parse(last.at) })
    })
    followed.set(taskId, unfollow)
  }

  /** A task that was not followed has grown: it is new, or was started over. The tag is only a hint, the row knows the owner. */
  async function meet({ taskId, last, owner: noticed }: Omit<Notice['events'], 'first'>): Promise<void> {
    await begun.promise
    const isKnown = () => stopped || followed.has(taskId) || last <= (ended.get(taskId)?.seq ?? 0)
    if (noticed !== tag || isKnown()) return
    const task = await findTask(database, database.schema, taskId)
    if (task?.owner !== owner) return
    const settledSeq = task.created_at.getTime() >= settled ? 0 : await lastSettled(taskId)
    // It may have been met a second time meanwhile, and have ended.
    if (isKnown()) return
    const cursor = ended.get(taskId)?.seq ?? settledSeq
    if (cursor < task.last_seq || !isEndState(task.state)) follow(taskId, cursor, Math.max(last, task.last_seq))
  }

  /**
   * The last change of a task before the watch began, or its last end that is settled. Notices do not tell: one may overtake another.
   */
  async function lastSettled(taskId: string): Promise<number> {
    const { rows } = await database.query<{ seq: number }>(
      `SELECT COALESCE(max(seq), 0) AS seq FROM "${database.schema}".task_event
       WHERE task_id = $1 AND type = 'status'
         AND (at < $2 OR (at < $3 AND status IN ('completed', 'failed', 'cancelled')))`,
      [taskId, new Date(began), new Date(settled)],
    )
    return rows[0]?.seq ?? 0
  }

  /** Meets tasks that no notice told of: those that are open, and those that have ended since the last look. */
  async function look(): Promise<void> {
    const at = await databaseTime()
    const since = new Date(Math.max(began, looked - slack))
    const open = await listOpenTasks(database, database.schema, owner, most)
    const over = await listEndedTasks(database, database.schema, owner, since)
    for (const { id, last_seq } of [...over, ...open]) await meet({ taskId: id, last: last_seq, owner: tag })
    looked = at
    // What ended before has been met, and no look will find it again.
    settled = Math.max(settled, at - 2 * slack)
    for (const [id, end] of ended) if (end.at < settled) ended.delete(id)
  }

  async function databaseTime(): Promise<number> {
    const { rows } = await database.query<{ now: Date }>('SELECT clock_timestamp() AS now')
    return rows[0]?.now.getTime() ?? 0
  }

  async function begin(): Promise<readonly TaskRow[]> {
    const open = await listOpenTasks(database, database.schema, owner, most)
    for (const { id, last_seq } of open) follow(id, after.get(id) ?? last_seq, last_seq)
    const others = [...after.keys()].filter((id) => !followed.has(id))
    for (const task of await findTasks(database, database.schema, others)) {
      const { id } = task
      const cursor = after.get(id)
      if (cursor === undefined || !maySee(tasks.definitions, principal, task)) continue
      if (isEndState(task.state) && cursor >= task.last_seq) {
        ended.set(id, { seq: cursor, at: task.finished_at?.getTime() ?? 0 })
      } else follow(id, cursor, task.last_seq)
    }
    return open
  }

  function leave(): void {
    stopped = true
    forget()
    forgetGaps()
    for (const unfollow of followed.values()) unfollow()
    followed.clear()
  }

  const began = await databaseTime()
  /** When the last look for tasks was. */
  let looked = began
  /** Everything that ended before has been delivered, or was over when the watch began. */
  let settled = began
  const notice = (event: Notice['events']) => void meet(event).catch(() => {})
  const forget = notifications.on('events', notice)
  const forgetGaps = notifications.onGap(() => void look().catch(() => {}))
  const open = await begin()
    .catch((error: unknown) => {
      leave()
      throw error
    })
    .finally(begun.resolve)
  const endSweep = repeat(look, sweepInterval, () => {})

  return {
    open,
    stop() {
      leave()
      void endSweep()
    },
  }
}
