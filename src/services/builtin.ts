import { authenticatorService } from './authenticator.ts'
import { databaseService } from './database.ts'
import { keysService } from './keys.ts'
import { limiterService } from './limiter.ts'
import { queueService } from './queue.ts'
import { realtimeService } from './realtime.ts'
import type { ServiceDefinition } from './service.ts'
import { tasksService } from './tasks.ts'
import { upstreamsService } from './upstreams.ts'

/** The built-in services in the order in which they are started. */
export const services: readonly ServiceDefinition[] = [
  keysService,
  authenticatorService,
  limiterService,
  upstreamsService,
  databaseService,
  queueService,
  tasksService,
  realtimeService,
]
