import type { Reload } from '../generations.ts'
import type { MetricReading } from '../metrics/exposition.ts'
import type { RecentRequest } from '../ops/recent-requests.ts'
import type { Traffic } from '../ops/traffic.ts'
import type { Limit } from '../services/limiter.ts'

/** What the primary says to a worker. */
export interface ToWorker {
  /** Read everything anew; before it counts, `agree` is asked. */
  reload(said: null): Pick<Reload, 'outcome'>
  /** Show what came of the last reload; one worker does it for all. */
  report(said: null): void
  stop(said: { drain: boolean }): void
  metrics(said: null): MetricReading[]
  traffic(said: null): Traffic | undefined
  /** Those behind a number, newest first. */
  requests(after: number): RecentRequest[]
  /** Give all leases back; answered when that is done. */
  settle(said: null): Promise<void>
}

/** What a worker says to the primary. */
export interface ToPrimary {
  serving(said: Serving): void
  /** A limit by the number under which its counts are asked for. */
  limit(said: { number: number; limit: Limit }): void
  /** The only limits that this worker still counts. */
  retain(numbers: number[]): void
  /** Leases are given back before anything is counted. */
  count(said: { ended: EndedLease[]; questions: CountQuestion[] }): CountAnswer[]
  giveBack(ended: EndedLease[]): void
  /** This worker could go over to what it has read; whether all of them can. */
  agree(said: null): boolean
  /** The metrics of all workers in Prometheus' text format. */
  metrics(said: null): string
  /** What was counted in all workers. */
  traffic(said: null): Traffic
  /** The last requests of all workers behind a number, newest first. */
  requests(after: number): RecentRequest[]
}

/** What a worker has to tell when it serves. */
export interface Serving {
  readonly port: number
  readonly metricsPort: number | undefined
  /** What is served where, for people. */
  readonly rows: string
}

/**
 * For each limit its number, a key, and whether a lease is wanted (1) or not (0): they are counted in this order, up to the first that
 * refuses.
 */
export type CountQuestion = (number | string)[]

/** `count` and `resetAt` of each limit that was counted, and how many further requests the worker may admit without asking. */
export type CountAnswer = number[]

/** A lease of `granted` requests in the window of a key that ends at `resetAt`; `left` of them were not used. */
export type EndedLease = [limit: number, key: string, resetAt: number, granted: number, left: number]
