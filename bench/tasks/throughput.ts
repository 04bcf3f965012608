import { cpuTime } from '../cpu-time.ts'
import { bossAlone, bossWithRows } from './bare-boss.ts'
import { crowd, type Project, pause, post, sign, startMember } from './project.ts'

/** Something that takes tasks in and runs them. */
export interface Rival {
  /** The processes that do so, besides those of Postgres. */
  readonly processes: readonly number[]
  /** Resolves when so many tasks have been taken in and have ended. */
  run(count: number): Promise<void>
  stop(): Promise<void>
}

/** Tasks that are taken in at once, and that run at once. */
export const width = { callers: 32, workers: 20 }

/** Of one round. */
interface Figures {
  perSecond: number
  /** Microseconds of CPU for each task. */
  node: number
  postgres: number
}

/**
 * Tasks a second, from their being taken in to their end: through HTTP with one api and one worker process, through pg-boss with the
 * same rows in the same transactions, and through pg-boss with nothing but its jobs. In turns, so that what else the machine does
 * meets all of them. The figures are medians of all rounds, those of the ratio too. Postgres has to be on this machine.
 */
export async function measureThroughput(project: Project, rounds: number, count: number): Promise<object> {
  const rivals: Record<string, Rival> = {
    gatefold: await gatefold(project),
    'pg-boss, same rows': await bossWithRows(project),
    'pg-boss, jobs only': await bossAlone(project),
  }
  const figures = new Map(Object.keys(rivals).map((name) => [name, [] as Figures[]]))
  for (const rival of Object.values(rivals)) await rival.run(200)
  for (let round = 0; round < rounds; round++) {
    for (const [name, rival] of Object.entries(rivals)) figures.get(name)?.push(await measure(project, rival, count))
  }
  for (const rival of Object.values(rivals)) await rival.stop()
  const own = figures.get('gatefold') ?? []
  return Object.fromEntries(
    [...figures].map(([name, found]) => [
      name,
      {
        'a second': Math.round(median(found.map(({ perSecond }) => perSecond))),
        'gatefold to it': median(found.map(({ perSecond }, round) => (own[round]?.perSecond ?? Number.NaN) / perSecond)).toFixed(
          2,
        ),
        'µs of CPU': {
          node: Math.round(median(found.map(({ node }) => node))),
          postgres: Math.round(median(found.map(({ postgres }) => postgres))),
        },
      },
    ]),
  )
}

async function measure(project: Project, rival: Rival, count: number): Promise<Figures> {
  const [nodeBefore, sessionsBefore] = [total(rival.processes.map(cpuTime)), await sessionTimes(project)]
  const began = performance.now()
  await rival.run(count)
  const took = performance.now() - began
  const sessions = await sessionTimes(project)
  const inPostgres = total([...sessions].map(([pid, time]) => time - (sessionsBefore.get(pid) ?? 0)))
  return {
    perSecond: (count / took) * 1000,
    node: ((total(rival.processes.map(cpuTime)) - nodeBefore) / count) * 1e6,
    postgres: (inPostgres / count) * 1e6,
  }
}

/** CPU time of each session with the project's database, by its process. */
async function sessionTimes(project: Project): Promise<Map<number, number>> {
  const rows = await project.query('SELECT pid FROM pg_stat_activity WHERE datname = current_database()')
  return new Map(rows.map(({ pid }) => [pid, cpuTime(pid)]))
}

async function gatefold(project: Project): Promise<Rival> {
  const [api, worker] = await Promise.all([startMember(project, 'api'), startMember(project, 'worker')])
  const token = await sign('ada')
  const busy = `SELECT EXISTS (SELECT FROM gatefold.task WHERE state IN ('queued', 'active')) AS busy`
  return {
    processes: [api, worker].map(({ process }) => process.pid as number),
    async run(count) {
      await crowd(count, width.callers, async () => void (await post(api.url, 'quick', token)))
      while ((await project.query(busy))[0].busy) await pause(5)
    },
    stop: async () => void (await Promise.all([api.kill('SIGTERM'), worker.kill('SIGTERM')])),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
