import { nearest } from '../documents/suggest.ts'
import { planGateway } from '../gateway.ts'
import { describeOrigin, type ExplainedValue, type Explanation, explainOperation } from '../model/explanation.ts'
import type { Operation } from '../model/operation.ts'
import type { Origin } from '../model/settings.ts'
import { type Command, UsageError } from './command.ts'
import { report } from './report.ts'

export const explain: Command = {
  name: 'explain',
  words: ['<operationId>'],
  summary: "show an operation's effective pipeline and where each setting was written",
  async run({ gateway, words }) {
    const plan = await planGateway(gateway)
    const id = words[0] as string
    const operation = plan.operations.find((candidate) => candidate.id === id)
    if (operation === undefined) {
      // It may be missing because its document is broken.
      if (!report(plan)) return 1
      const near = nearest(
        id,
        plan.operations.map((candidate) => candidate.id),
      )
      throw new UsageError(`there is no operation '${id}'${near === undefined ? '' : `; did you mean '${near}'?`}`)
    }
    const { policies, targets } = plan.registry
    process.stdout.write(show(operation, explainOperation(operation, [...policies, ...targets])))
    return report(plan) ? 0 : 1
  },
}

function show(operation: Operation, { at, access, settings, off }: Explanation): string {
  const { method, path, id, target } = operation
  const head = `${method} ${path}\n  operation  ${id}  (${at.file}:${at.line}:${at.column})\n  access     ${access}\n  target     ${target}\n`
  const steps = settings.map(({ name, values }) => `\n${name}\n${values.map(showValue).join('')}`)
  return `${head}\nPipeline, in the order in which a request meets it:\n${steps.join('')}${showOff(off)}`
}

function showValue({ name, value, origin }: ExplainedValue): string {
  return row(`${name === '' ? '' : `${name}: `}${JSON.stringify(value)}`, origin)
}

function showOff(off: Explanation['off']): string {
  return off.length === 0 ? '' : `\nSwitched off:\n\n${off.map(({ name, origin }) => row(name, origin)).join('')}`
}

function row(text: string, origin: Origin): string {
  return `  ${text.padEnd(44)} ${describeOrigin(origin)}\n`
}
