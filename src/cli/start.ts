import { joinCluster } from '../cluster/membership.ts'
import { planGateway } from '../gateway.ts'
import type { Role } from '../services/service.ts'
import { type Command, UsageError } from './command.ts'
import { portNumber, serve } from './serve.ts'
import { runWorkers, serveAsWorker, workerCount } from './workers.ts'

export const start: Command = {
  name: 'start',
  summary: 'serve the API',
  options: {
    role: { type: 'string', value: 'all|api|worker', describe: 'answer requests, run tasks, or both (the default)' },
    port: { type: 'string', value: 'N', describe: 'listen here instead of server.port' },
    workers: { type: 'string', value: 'N|auto', describe: 'processes that share the port; auto: one for each processor' },
  },
  async run({ gateway: options, options: { port, role, workers } }) {
    const does = role === undefined ? 'all' : roleNamed(role as string)
    const own = { ...options, ...(port !== undefined && { port: portNumber(port as string) }) }
    const membership = joinCluster()
    if (membership !== undefined) return serveAsWorker(own, does, membership)
    const count = workers === undefined ? 1 : workerCount(workers as string)
    return count > 1 ? runWorkers(count, does) : serve(await planGateway({ ...own, role: does }), does)
  },
}

function roleNamed(text: string): Role {
  if (text === 'all' || text === 'api' || text === 'worker') return text
  throw new UsageError(`'${text}' is no role; roles are all, api and worker`)
}
