import type { GatewayConfig } from '../config/schema.ts'
import { parseDuration, parseTimeout } from '../config/units.ts'

/** How long things about tasks last, in milliseconds. */
export interface TaskTimes {
  /** For how long finished tasks are kept whose operation is unknown. */
  readonly retention: number
  /** What running tasks get when the process has to end. */
  readonly grace: number
}

export function taskTimes({ tasks, server }: Pick<GatewayConfig, 'tasks' | 'server'>): TaskTimes {
  return { retention: parseDuration(tasks.retention), grace: parseTimeout(server.shutdownTimeout) }
}
