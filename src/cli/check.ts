import { type Format, formats } from '../documents/format.ts'
import { planGateway } from '../gateway.ts'
import { type Command, UsageError } from './command.ts'
import { report } from './report.ts'

export const check: Command = {
  name: 'check',
  summary: 'report everything that is wrong with the documents and handlers; starts nothing',
  options: {
    format: { type: 'string', value: 'FORMAT', default: 'pretty', describe: `${formats.join(', ')} (default: pretty)` },
  },
  async run({ gateway, options }) {
    const format = options.format as Format
    if (!formats.includes(format)) throw new UsageError(`'${format}' is no format; there are: ${formats.join(', ')}`)
    const plan = await planGateway(gateway)
    const fine = report(plan, format, plan.review())
    if (fine && format === 'pretty') process.stdout.write(`${ready(plan.operations.length)}\n`)
    return fine ? 0 : 1
  },
}

function ready(count: number): string {
  return count === 1 ? '1 operation is ready to be served.' : `${count} operations are ready to be served.`
}
