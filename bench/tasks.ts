/**
 * Measures tasks: `node bench/tasks.ts [latency|throughput|kill-workers|kill-api|reconnects] …` with the Postgres to use in
 * DATABASE_URL. Not run by the suite. Each takes about a minute.
 */
import { measureLatency } from './tasks/latency.ts'
import { createProject, type Project } from './tasks/project.ts'
import { cutOff } from './tasks/reconnects.ts'
import { killApi, killWorkers } from './tasks/survival.ts'
import { measureThroughput } from './tasks/throughput.ts'

const server = process.env.DATABASE_URL ?? 'postgres://127.0.0.1:5432/test'

async function on(database: string, measure: (project: Project) => Promise<object>): Promise<object> {
  const project = await createProject(database)
  try {
    return await measure(project)
  } finally {
    await project.remove()
  }
}

const measurements: Record<string, () => Promise<object>> = {
  latency: async () => ({ embedded: await on('', measureLatency), postgres: await on(server, measureLatency) }),
  throughput: () => on(server, (project) => measureThroughput(project, 7, 1000)),
  'kill-workers': () => on(server, (project) => killWorkers(project, 5000)),
  'kill-api': () => on(server, killApi),
  reconnects: () => on(server, (project) => cutOff(project, 200, 20, 5)),
}

const asked = process.argv.slice(2)
for (const name of asked.length > 0 ? asked : Object.keys(measurements)) {
  const measure = measurements[name]
  if (measure === undefined)
    throw new Error(`there is no measurement '${name}'; there are ${Object.keys(measurements).join(', ')}`)
  console.log(name)
  console.dir(await measure(), { depth: 3 })
}
process.exit()
