import { planGateway } from '../gateway.ts'
import type { Role } from '../services/service.ts'
import { type Command, UsageError } from './command.ts'
import { portNumber, serve } from './serve.ts'

export const start: Command = {
  name: 'start',
  summary: 'serve the API',
  options: {
    role: { type: 'string', value: 'all|api|worker', describe: 'answer requests, run tasks, or both (the default)' },
    port: { type: 'string', value: 'N', describe: 'listen here instead of server.port' },
  },
  async run({ gateway: options, options: { port, role } }) {
    const does = role === undefined ? 'all' : roleNamed(role as string)
    const plan = await planGateway({ ...options, role: does, ...(port !== undefined && { port: portNumber(port as string) }) })
    return serve(plan, does)
  },
}

function roleNamed(text: string): Role {
  if (text === 'all' || text === 'api' || text === 'worker') return text
  throw new UsageError(`'${text}' is no role; roles are all, api and worker`)
}
