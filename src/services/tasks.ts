import { createTaskSystem, type TaskSystem } from '../tasks/system.ts'
import { taskTimes } from '../tasks/times.ts'
import type { ServiceDefinition } from './service.ts'

declare module './service.ts' {
  interface Services {
    tasks: TaskSystem
  }
}

/** Takes tasks in, runs them (unless the process is only for the API), and lets them be followed. */
export const tasksService: ServiceDefinition<'tasks'> = {
  name: 'tasks',
  uses: ['database', 'queue', 'authenticator'],
  create: ({ config, services, log, meter, tracing, clock, role }) =>
    createTaskSystem({
      database: services.database,
      queue: services.queue,
      log,
      meter,
      tracing,
      clock,
      works: role !== 'api',
      // Its directory is locked by one process at a time.
      alone: services.database.kind === 'embedded',
      times: taskTimes(config),
    }),
}
