import type { RecentRequest } from './recent-requests.ts'
import type { Traffic } from './traffic.ts'

/** What the operator page shows of requests: those of one process, or of all the workers of a primary. */
export interface Observation {
  traffic(): Traffic | Promise<Traffic>
  /** The last ones behind a number, newest first. */
  requests(after: number): RecentRequest[] | Promise<RecentRequest[]>
}
