import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster } from './cluster/cluster.ts'
import { parseTimeout } from './config/units.ts'
import type { Diagnostic } from './documents/diagnostics.ts'
import type { Gateway, Plan } from './gateway.ts'
import type { Inputs } from './inputs.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { measureReloads } from './metrics/reloads.ts'
import { type Changes, compareOperations } from './model/changes.ts'
import { keepRecentRequests, type RecentRequests } from './ops/recent-requests.ts'
import { type Serving, serve } from './serve/serve.ts'
import type { Role } from './services/service.ts'

/** What came of a reload. */
export interface Reload {
  readonly at: Date
  readonly ms: number
  /** `refused`: the documents or handlers have errors; `failed`: something new could not be started. Both leave everything as it was. */
  readonly outcome: 'applied' | 'refused' | 'failed'
  /** The number of the generation that serves now. */
  readonly generation: number
  /** What the new reading found, warnings included. */
  readonly diagnostics: readonly Diagnostic[]
  /** The files that were read, as far as it came. */
  readonly inputs?: Inputs
  /** Why something could not be started. */
  readonly error?: string
  /** The operations that differ, when it was applied. */
  readonly changes?: Changes
}

/** What a running gateway is doing, over all its generations: for probes, metrics and pages. */
export interface GatewayState {
  /** The port that the API is served on; undefined before it is. */
  readonly port: number | undefined
  /** The number of the generation that serves; the first is 1. */
  readonly generation: number
  /** When it began to serve. */
  readonly since: Date
  /** True while the process is told to stop. */
  readonly draining: boolean
  /** What it does differently than the generation before it; undefined for the first. */
  readonly changes: Changes | undefined
  readonly lastReload: Reload | undefined
}

type MutableState = { -readonly [Key in keyof GatewayState]: GatewayState[Key] }

/** What all generations of one gateway have in common. */
export interface Run {
  readonly state: MutableState
  readonly metrics: Metrics
  /** For the operator page. */
  readonly recent: RecentRequests
  /** Counts a reload by its outcome. */
  readonly reloaded: (outcome: Reload['outcome']) => void
  /** Reads the documents anew, beside the generation that serves. */
  readonly plan: (before: Plan | undefined) => Promise<Plan>
}

export function createRun(plan: Run['plan'], cluster?: Cluster): Run {
  const state: MutableState = {
    port: undefined,
    generation: 1,
    since: new Date(),
    draining: false,
    changes: undefined,
    lastReload: undefined,
  }
  const metrics = createMetrics(cluster)
  return { state, metrics, recent: keepRecentRequests(), reloaded: measureReloads(metrics.meter, state), plan }
}

export interface GenerationsInput {
  readonly first: Plan
  readonly run: Run
  readonly role: Role
  readonly port: number | undefined
  readonly cluster: Cluster | undefined
}

/** Serves a plan, and at each reload the next one, until it is told to stop. */
export async function serveGenerations({ first, run, role, port, cluster }: GenerationsInput): Promise<Gateway> {
  const { state, metrics } = run
  let plan = first
  first.log.open()
  const serving = await serve({ first: first.generation, metrics, role, port, cluster })
  state.port = serving.port
  let warmed = warm(plan)
  let reloading: Promise<unknown> = Promise.resolve()
  let draining: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  function warm(served: Plan): Promise<void> {
    return served.warm(() => plan === served && !state.draining)
  }

  /** One after the other: a call that comes during a reload may know of edits that this has not seen. */
  function reload(agree?: () => Promise<boolean>): Promise<Reload> {
    const turn = reloading.then(() => reloadNow(agree))
    reloading = turn
    return turn
  }

  async function reloadNow(agree: (() => Promise<boolean>) | undefined): Promise<Reload> {
    const at = new Date()
    const since = performance.now()
    const tried = await tryNext(plan, run, { swap: (next) => serving.swap(next, agree) }, () => state.draining)
    if (tried.outcome === 'applied') {
      const before = plan
      plan = tried.plan
      plan.log.activate()
      state.port = serving.port
      state.generation++
      state.since = new Date()
      warmed = warm(plan)
      const ms = performance.now() - since
      const changes = compareOperations(before.reading, plan.reading)
      state.changes = changes
      state.lastReload = { at, ms, outcome: 'applied', generation: state.generation, diagnostics: plan.diagnostics, changes }
    } else {
      state.lastReload = { at, ms: performance.now() - since, generation: state.generation, ...tried }
    }
    run.reloaded(state.lastReload.outcome)
    return state.lastReload
  }

  async function drain(): Promise<void> {
    state.draining = true
    serving.drain()
    await wait(parseTimeout(plan.config.server.drainDelay))
  }

  async function stop(): Promise<void> {
    state.draining = true
    await reloading
    await serving.stop()
    await plan.log.written()
  }

  return {
    get url() {
      return `http://localhost:${serving.port}`
    },
    get metricsUrl() {
      const { metrics } = plan.config
      const { metricsPort } = serving
      return metrics === false || metricsPort === undefined ? undefined : `http://${metrics.host}:${metricsPort}${metrics.path}`
    },
    get plan() {
      return plan
    },
    get services() {
      return plan.generation.services.services
    },
    get warmed() {
      return warmed
    },
    state,
    reload,
    drain: () => (draining ??= drain()),
    stop: () => (stopping ??= stop()),
  }
}

type Tried =
  | { outcome: 'applied'; plan: Plan }
  | { outcome: 'refused' | 'failed'; diagnostics: readonly Diagnostic[]; inputs?: Inputs; error?: string }

async function tryNext(before: Plan, run: Run, serving: Pick<Serving, 'swap'>, isStopping: () => boolean): Promise<Tried> {
  let read: { diagnostics: readonly Diagnostic[]; inputs?: Inputs } = { diagnostics: [] }
  try {
    const plan = await run.plan(before)
    read = { diagnostics: plan.diagnostics, inputs: plan.inputs() }
    if (plan.hasErrors) return { outcome: 'refused', ...read }
    if (isStopping()) return { outcome: 'failed', ...read, error: 'the gateway was told to stop' }
    plan.log.open()
    await serving.swap(plan.generation)
    return { outcome: 'applied', plan }
  } catch (error) {
    return { outcome: 'failed', ...read, error: (error as Error).message }
  }
}
