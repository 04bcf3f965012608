import type { Database } from '../services/database.ts'
import type { Queue } from '../services/queue.ts'
import type { TaskMetrics } from './metrics.ts'
import type { Notifications } from './notifications.ts'

/** What every part that changes tasks needs. */
export interface TaskStore {
  readonly database: Database
  readonly queue: Queue
  readonly notifications: Notifications
  readonly metrics: TaskMetrics
}
