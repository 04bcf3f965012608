import { planGateway } from '../gateway.ts'
import { describeAccess } from '../model/explanation.ts'
import type { Operation } from '../model/operation.ts'
import type { Command } from './command.ts'
import { report } from './report.ts'
import { formatTable } from './table.ts'

export const routes: Command = {
  name: 'routes',
  summary: 'list the operations: method, path, access, limits, target',
  options: { json: { type: 'boolean', describe: 'as JSON' } },
  async run({ gateway, options }) {
    const plan = await planGateway(gateway)
    const rows = plan.operations.map(describeRoute)
    if (options.json === true) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
    else {
      const cells = rows.map(({ method, path, operation, access, limits, target }) => [
        method,
        path,
        operation,
        access,
        limits.join(', ') || '-',
        target,
      ])
      process.stdout.write(formatTable(['METHOD', 'PATH', 'OPERATION', 'ACCESS', 'LIMITS', 'TARGET'], cells))
    }
    return report(plan) ? 0 : 1
  },
}

function describeRoute(operation: Operation) {
  const { method, path, id, target } = operation
  return { method, path, operation: id, access: describeAccess(operation), limits: describeLimits(operation), target }
}

function describeLimits({ settings }: Operation): string[] {
  const value = settings.get('rateLimit')?.value
  const limits = (value === undefined ? [] : Array.isArray(value) ? value : [value]) as {
    limit: number
    window: string | number
    by: string
  }[]
  return limits.map(({ limit, window, by }) => `${limit}/${window} by ${by}`)
}
