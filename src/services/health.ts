import type { Health, Lifecycle } from './service.ts'

/** What is known about the services of one gateway. */
export interface HealthChecks {
  /** The state of every service that has one, by name. */
  all(): Promise<Record<string, Health>>
  /** The names of the services that are away and without which nothing can be served. */
  missing(): Promise<string[]>
}

/** Milliseconds that a service may take to say how it is; less than the probes of deploy/kubernetes wait. */
const patience = 2000
/** Milliseconds for which an answer stands: whoever may ask, and however often, a service is not asked more than that. */
const standing = 1000

export function createHealthChecks(services: ReadonlyMap<string, Lifecycle>): HealthChecks {
  const checked = [...services].flatMap(([name, service]) =>
    service.check === undefined ? [] : [{ name, essential: service.essential === true, check: remembered(() => asked(service)) }],
  )

  return {
    async all() {
      return Object.fromEntries(await Promise.all(checked.map(async ({ name, check }) => [name, await check()] as const)))
    },
    async missing() {
      const essential = checked.filter(({ essential }) => essential)
      const found = await Promise.all(essential.map(async ({ name, check }) => ((await check()).healthy ? [] : [name])))
      return found.flat()
    },
  }
}

/** Callers share a check that runs, and for a while its answer. */
function remembered(check: () => Promise<Health>): () => Promise<Health> {
  let answer: Promise<Health> | undefined
  let goodUntil = Number.POSITIVE_INFINITY

  return function ask() {
    if (answer !== undefined && performance.now() < goodUntil) return answer
    goodUntil = Number.POSITIVE_INFINITY
    answer = check().finally(() => {
      goodUntil = performance.now() + standing
    })
    return answer
  }
}

/** A check that fails or hangs counts as unhealthy. */
async function asked(service: Lifecycle): Promise<Health> {
  const began = performance.now()
  const unhealthy = (detail: string): Health => ({ healthy: false, latencyMs: performance.now() - began, detail })
  const { promise: late, resolve } = Promise.withResolvers<Health>()
  const timer = setTimeout(() => resolve(unhealthy('no answer')), patience)
  try {
    return await Promise.race([service.check?.() ?? unhealthy('no answer'), late])
  } catch {
    return unhealthy('not reachable')
  } finally {
    clearTimeout(timer)
  }
}
