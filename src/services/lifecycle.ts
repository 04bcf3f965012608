import type { Server } from 'node:http'
import type { Lifecycle, ServiceDefinition, ServiceName, Services, ServiceTools } from './service.ts'

/** The services of one gateway, created; `start` and `stop` may be called twice and share what is in flight. */
export interface ServiceGroup {
  readonly services: Services
  readonly byName: ReadonlyMap<string, Lifecycle>
  /** Starts in list order; when one fails, those that started are stopped and the failure is thrown. */
  start(): Promise<void>
  /** Lets services take connections from the server that is about to listen. */
  attach(server: Server): void
  /** Tells services that the process is to stop; resolves when they have finished what they could. */
  drain(): Promise<void>
  /** Stops in reverse order; a service that fails to stop does not keep the others from stopping. */
  stop(): Promise<void>
}

/** The named services and all that they use themselves, in list order. */
export function selectServices(definitions: readonly ServiceDefinition[], wanted: Iterable<string>): ServiceDefinition[] {
  const selected = new Set<string>()
  const select = (name: string): void => {
    if (selected.has(name)) return
    selected.add(name)
    for (const used of definitions.find((definition) => definition.name === name)?.uses ?? []) select(used)
  }
  for (const name of wanted) select(name)
  return definitions.filter(({ name }) => selected.has(name))
}

/** Creates services without side effects; each sees those before it. */
export function createServices(definitions: readonly ServiceDefinition[], tools: Omit<ServiceTools, 'services'>): ServiceGroup {
  const services = {} as Services & Record<ServiceName, Lifecycle>
  const byName = new Map<string, Lifecycle>()
  for (const definition of definitions) {
    const service: Lifecycle = definition.create({ ...tools, services })
    Object.assign(services, { [definition.name]: service })
    byName.set(definition.name, service)
  }

  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  async function start(): Promise<void> {
    const started: Lifecycle[] = []
    try {
      for (const service of byName.values()) {
        started.push(service)
        await service.start?.()
      }
    } catch (error) {
      await stopAll(started)
      throw error
    }
  }

  function attach(server: Server): void {
    for (const service of byName.values()) service.attach?.(server)
  }

  async function drain(): Promise<void> {
    await Promise.all([...byName.values()].map((service) => orLog(() => service.drain?.())))
  }

  async function orLog(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work()
    } catch (error) {
      tools.log.error({ err: error }, 'a service did not stop cleanly')
    }
  }

  async function stop(): Promise<void> {
    await starting?.catch(() => {})
    await stopAll([...byName.values()])
  }

  async function stopAll(list: readonly Lifecycle[]): Promise<void> {
    for (const service of list.toReversed()) await orLog(() => service.stop?.())
  }

  return { services, byName, start: () => (starting ??= start()), attach, drain, stop: () => (stopping ??= stop()) }
}
