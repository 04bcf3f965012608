import { PgBoss } from 'pg-boss'
import { crowd, type Project, pause, post, sign, startMember } from './project.ts'

/** Tasks a second through HTTP, one api and one worker process, to their end; and the same number through pg-boss alone. */
export async function measureThroughput(project: Project, count: number): Promise<Record<string, number>> {
  const [api, worker] = await Promise.all([startMember(project, 'api'), startMember(project, 'worker')])
  const token = await sign('ada')
  await crowd(100, 10, async () => void (await post(api.url, 'quick', token)))
  const began = performance.now()
  await crowd(count, 32, async () => void (await post(api.url, 'quick', token)))
  const submitted = performance.now()
  for (;;) {
    const [row] = await project.query('SELECT count(*)::int AS left FROM gatefold.task WHERE finished_at IS NULL')
    if (row.left === 0) break
    await pause(20)
  }
  const ended = performance.now()
  await Promise.all([api.kill('SIGTERM'), worker.kill('SIGTERM')])
  const perSecond = (ms: number) => Math.round((count / ms) * 1000)
  return {
    'taken in a second': perSecond(submitted - began),
    'ended a second': perSecond(ended - began),
    'bare pg-boss a second': perSecond(await bareBoss(project, count)),
  }
}

/** Milliseconds from the first `send` (32 at once) to the last handler of 20 workers of pg-boss, in this process. */
async function bareBoss(project: Project, count: number): Promise<number> {
  const boss = new PgBoss({ connectionString: project.url, schema: 'bare', max: 20 })
  await boss.start()
  await boss.createQueue('bare', { notify: true })
  let ended = 0
  const workers: string[] = []
  const began = performance.now()
  const done = new Promise<void>((resolve) => {
    const handler = async () => {
      if (++ended === count) resolve()
      for (const id of workers) boss.notifyWorker(id)
    }
    void crowd(20, 1, async () => void workers.push(await boss.work('bare', { pollingIntervalSeconds: 0.5 }, handler)))
  })
  await crowd(count, 32, async () => void (await boss.send('bare', { n: 1 })))
  for (const id of workers) boss.notifyWorker(id)
  await done
  const took = performance.now() - began
  await boss.stop({ graceful: false })
  return took
}
