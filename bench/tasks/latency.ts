import { startGateway } from '../../src/index.ts'
import { type Project, pause, percentile, post, sign } from './project.ts'

/** From the request to the start of the handler with an idle queue, eight at once, and a retry without delay; in milliseconds. */
export async function measureLatency(project: Project): Promise<Record<string, string>> {
  const started = new Map<string, number>()
  Object.assign(globalThis, { started })
  const gateway = await startGateway({ directory: project.directory, port: 0, environment: { DATABASE_URL: project.url } })
  const token = await sign('ada')
  const start = async (id: string | undefined, attempt = 1) => {
    while (!started.has(`${id}/${attempt}`)) await new Promise(setImmediate)
    return started.get(`${id}/${attempt}`) as number
  }
  const once = async () => {
    const at = performance.now()
    const { id } = await post(gateway.url, 'quick', token)
    return (await start(id)) - at
  }
  for (let i = 0; i < 30; i++) await once()
  const idle: number[] = []
  for (let i = 0; i < 200; i++) {
    idle.push(await once())
    await pause(10)
  }
  const eight: number[] = []
  for (let i = 0; i < 10; i++) {
    eight.push(Math.max(...(await Promise.all(Array.from({ length: 8 }, once)))))
    await pause(100)
  }
  const retries: number[] = []
  for (let i = 0; i < 20; i++) {
    const { id } = await post(gateway.url, 'flaky', token)
    retries.push((await start(id, 2)) - (await start(id, 1)))
  }
  await gateway.stop()
  return {
    'idle p50': percentile(idle, 0.5),
    'idle p95': percentile(idle, 0.95),
    'last of eight, worst of 10': percentile(eight, 1),
    'retry worst of 20': percentile(retries, 1),
  }
}
