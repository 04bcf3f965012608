/** What tasks are measured against: the same number of jobs through pg-boss, in this process and without HTTP. */
import { once } from 'node:events'
import pg from 'pg'
import { type Db, type Job, PgBoss, type WorkOptions } from 'pg-boss'
import { crowd, type Project } from './project.ts'
import { type Rival, width } from './throughput.ts'

/** Jobs and nothing else. */
export async function bossAlone(project: Project): Promise<Rival> {
  const boss = await startBoss(project, 'bare_jobs', sessions)
  const count = await startWorkers(boss, async () => {}, {})
  return {
    processes: [process.pid],
    run: (jobs) => count(jobs, async () => void (await boss.send(queue, { n: 1 }))),
    stop: () => stopBoss(boss),
  }
}

/** The rows that Gatefold keeps of a task and its log, written in the transactions in which pg-boss changes its job. */
export async function bossWithRows(project: Project): Promise<Rival> {
  await project.query(`CREATE SCHEMA bare;
    CREATE TABLE bare.task (LIKE gatefold.task INCLUDING ALL);
    CREATE TABLE bare.task_event (LIKE gatefold.task_event INCLUDING ALL, FOREIGN KEY (task_id) REFERENCES bare.task ON DELETE CASCADE)`)
  const pool = new pg.Pool({ connectionString: project.url, max: sessions })
  // A worker keeps a session while it handles a job.
  const boss = await startBoss(project, 'bare_rows', width.workers + 2)

  async function take(): Promise<void> {
    const client = await pool.connect()
    const db: Db = { executeSql: (text, values) => client.query(text, values) }
    await client.query('BEGIN')
    const { rows } = await client.query(insert, ['{}'])
    await boss.send(queue, { task: rows[0].task_id }, { db })
    await client.query('COMMIT')
    client.release()
  }

  /** Runs in the transaction that completes the job; that the attempt has begun is to be seen before. */
  async function handle([job]: Job<{ task: string }>[], db: Db): Promise<void> {
    await pool.query(activate, [job?.data.task])
    await db.executeSql(complete, [job?.data.task, 'null'])
  }

  const count = await startWorkers(boss, handle, { transactional: true, transactionTimeoutSeconds: 0 })
  return {
    processes: [process.pid],
    run: (jobs) => count(jobs, take),
    async stop() {
      await stopBoss(boss)
      await pool.end()
    },
  }
}

const queue = 'work'
/** With these all rivals together stay below the 100 sessions that Postgres has by default. */
const sessions = 12

const event = (state: string) => `
  INSERT INTO bare.task_event (task_id, seq, type, status, at)
  SELECT id, last_seq, 'status', '${state}', clock_timestamp() FROM task RETURNING task_id`

const insert = `WITH task AS (
    INSERT INTO bare.task (id, operation, owner, state, max_attempts, run_at, priority, input, last_seq, request_id)
    VALUES (gen_random_uuid(), 'quick', 'bearerAuth:ada', 'queued', 3, clock_timestamp(), 0, $1, 1, gen_random_uuid())
    RETURNING id, last_seq
  ) ${event('queued')}`

const activate = `WITH task AS (
    UPDATE bare.task
    SET state = 'active', attempt = attempt + 1, fence = fence + 1, started_at = clock_timestamp(), last_seq = last_seq + 1
    WHERE id = $1 RETURNING id, last_seq
  ) ${event('active')}`

const complete = `WITH task AS (
    UPDATE bare.task
    SET state = 'completed', result = $2, progress = 1, finished_at = clock_timestamp(),
        expires_at = clock_timestamp() + interval '7 days', last_seq = last_seq + 1
    WHERE id = $1 AND state = 'active' RETURNING id, last_seq
  ) ${event('completed')}`

async function startBoss(project: Project, schema: string, max: number): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: project.url, schema, max })
  boss.on('error', console.error)
  await boss.start()
  await boss.createQueue(queue)
  return boss
}

async function stopBoss(boss: PgBoss): Promise<void> {
  const stopped = once(boss, 'stopped')
  await boss.stop({ graceful: false })
  await stopped
}

/**
 * Gives a function that resolves when so many jobs, each sent by `send`, have ended. As all is in one process no worker has to poll: each
 * sent job wakes the next one, and whoever has ended a job looks for another.
 */
async function startWorkers<Options extends WorkOptions>(
  boss: PgBoss,
  handle: (jobs: Job<any>[], db: Db) => Promise<void>,
  options: Options,
): Promise<(count: number, send: () => Promise<void>) => Promise<void>> {
  const workers: string[] = []
  let sent = 0
  let left = 0
  let allEnded = () => {}
  const start = async (index: number) => {
    const handler = async (jobs: Job<any>[], db: Db) => {
      await handle(jobs, db)
      if (--left === 0) allEnded()
      wake(index)
    }
    workers[index] = await boss.work(queue, { pollingIntervalSeconds: 0.5, ...options }, handler as never)
  }
  const wake = (index: number) => boss.notifyWorker(workers[index % workers.length] as string)
  await crowd(width.workers, 1, start)
  return async function count(jobs, send) {
    left = jobs
    const ended = new Promise<void>((resolve) => {
      allEnded = resolve
    })
    await crowd(jobs, width.callers, async () => {
      await send()
      wake(sent++)
    })
    await ended
  }
}
