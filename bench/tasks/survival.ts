import { crowd, type Project, pause, post, sign, startMember } from './project.ts'

/** Tasks while a worker is killed (kill -9) and replaced every two seconds. */
export async function killWorkers(project: Project, count: number): Promise<Record<string, number>> {
  const api = await startMember(project, 'api')
  const workers = await Promise.all([startMember(project, 'worker'), startMember(project, 'worker')])
  const token = await sign('ada')
  const accepted: string[] = []
  let kills = 0
  let killing = true
  const killer = (async () => {
    for (let next = 0; killing; next = 1 - next) {
      await pause(2000)
      if (!killing) break
      await workers[next]?.kill('SIGKILL')
      kills++
      workers[next] = await startMember(project, 'worker')
    }
  })()
  await crowd(count, 16, async () => {
    const { status, id } = await post(api.url, 'recorded', token)
    if (status === 202 && id !== undefined) accepted.push(id)
  })
  const until = performance.now() + 60_000
  const left = async () =>
    (await project.query('SELECT count(*)::int AS n FROM gatefold.task WHERE finished_at IS NULL'))[0].n as number
  while ((await left()) > 20 && performance.now() < until) await pause(100)
  killing = false
  await killer
  while ((await left()) > 0 && performance.now() < until) await pause(100)
  const [states] = await project.query(`SELECT count(*) FILTER (WHERE state = 'completed')::int AS completed,
    count(*) FILTER (WHERE state = 'failed')::int AS failed, count(*) FILTER (WHERE finished_at IS NULL)::int AS stuck FROM gatefold.task`)
  const [runs] = await project.query(
    'SELECT count(*)::int AS again FROM (SELECT task FROM run GROUP BY task HAVING count(*) > 1) AS r',
  )
  const [doubles] = await project.query(`SELECT count(*)::int AS n FROM (
    SELECT task_id FROM gatefold.task_event WHERE status = 'completed' GROUP BY task_id HAVING count(*) > 1) AS e`)
  await Promise.all([api, ...workers].map((member) => member.kill('SIGTERM')))
  return {
    accepted: accepted.length,
    kills,
    ...states,
    lost: accepted.length - states.completed - states.failed - states.stuck,
    'started again after a kill': runs.again,
    'completed twice': doubles.n,
  }
}

/** An api process is killed while it takes tasks in: whatever was answered by 202 has to run. */
export async function killApi(project: Project): Promise<Record<string, number>> {
  const [api, worker] = await Promise.all([startMember(project, 'api'), startMember(project, 'worker')])
  const token = await sign('ada')
  const accepted: string[] = []
  let alive = true
  const clients = Array.from({ length: 16 }, async () => {
    while (alive) {
      const answer = await post(api.url, 'recorded', token).catch(() => undefined)
      if (answer?.status === 202 && answer.id !== undefined) accepted.push(answer.id)
      if (answer === undefined) return
    }
  })
  await pause(3000)
  await api.kill('SIGKILL')
  alive = false
  await Promise.all(clients)
  const until = performance.now() + 40_000
  let rows: { id: string; state: string }[]
  do {
    await pause(200)
    rows = await project.query('SELECT id, state FROM gatefold.task')
  } while (rows.some(({ state }) => state !== 'completed') && performance.now() < until)
  const completed = new Set(rows.filter(({ state }) => state === 'completed').map(({ id }) => id))
  await worker.kill('SIGTERM')
  return {
    accepted: accepted.length,
    'accepted and never run': accepted.filter((id) => !completed.has(id)).length,
    'committed without an answer': rows.length - accepted.length,
    'without an end': rows.length - completed.size,
  }
}
