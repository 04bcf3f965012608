import { isDeepStrictEqual } from 'node:util'
import type { Door, Lifecycle, ServiceDefinition, ServiceName, Services, ServiceTools } from './service.ts'

/** The services of one generation, created; `start` and `stop` may be called twice and share what is in flight. */
export interface ServiceGroup {
  readonly services: Services
  readonly byName: ReadonlyMap<string, Lifecycle>
  /** Those that go on from the generation before. */
  readonly kept: ReadonlySet<string>
  /** What each service was made of. */
  readonly bases: ReadonlyMap<string, unknown>
  /** Starts in list order; when one fails, those that this generation has brought are stopped and the failure is thrown. */
  start(): Promise<void>
  /** From now on this generation answers. */
  activate(): void
  /** Where connections enter that a service answers itself. */
  readonly doors: readonly Door[]
  /** Tells services that they are to stop; resolves when they have finished what they could. */
  drain(): Promise<void>
  /** Stops in reverse order; a service that fails to stop does not keep the others from stopping. */
  stop(): Promise<void>
  /** Drains and stops only these, of a generation that was replaced or never answered. */
  part(belongs: (name: string) => boolean): Pick<ServiceGroup, 'drain' | 'stop'>
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

/**
 * Creates services without side effects; each sees those before it. Of the generation `before`, which goes on undisturbed
 * whatever becomes of this one, those go on that need no other instance.
 */
export function createServices(
  definitions: readonly ServiceDefinition[],
  tools: Omit<ServiceTools, 'services'>,
  before?: ServiceGroup,
): ServiceGroup {
  const services = {} as Services & Record<ServiceName, Lifecycle>
  const byName = new Map<string, Lifecycle>()
  const bases = new Map<string, unknown>()
  const kept = new Set<string>()
  for (const definition of definitions) {
    const { name, uses = [] } = definition
    const own = { ...tools, services }
    const basis = definition.basis?.(own)
    const running = before?.byName.get(name)
    const goesOn =
      running !== undefined && uses.every((used) => kept.has(used)) && isDeepStrictEqual(basis, before?.bases.get(name))
    const service: Lifecycle = goesOn ? (running.renew?.(own) ?? running) : definition.create(own)
    if (goesOn) kept.add(name)
    Object.assign(services, { [name]: service })
    byName.set(name, service)
    bases.set(name, basis)
  }

  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  async function start(): Promise<void> {
    const brought: Lifecycle[] = []
    try {
      for (const [name, service] of byName) {
        if (!kept.has(name)) brought.push(service)
        await service.start?.()
      }
    } catch (error) {
      await stopAll(brought)
      throw error
    }
  }

  async function drainAll(list: readonly Lifecycle[]): Promise<void> {
    await Promise.all(list.map((service) => orLog(() => service.drain?.())))
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

  return {
    services,
    byName,
    kept,
    bases,
    start: () => (starting ??= start()),
    activate() {
      for (const service of byName.values()) service.activate?.()
    },
    get doors() {
      return [...byName.values()].flatMap(({ door }) => door ?? [])
    },
    drain: () => drainAll([...byName.values()]),
    stop: () => (stopping ??= stop()),
    part(belongs) {
      const list = [...byName].flatMap(([name, service]) => (belongs(name) ? [service] : []))
      return { drain: () => drainAll(list), stop: () => stopAll(list) }
    },
  }
}
