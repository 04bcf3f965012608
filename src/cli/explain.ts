import { nearest } from '../documents/suggest.ts'
import { planGateway } from '../gateway.ts'
import type { Operation } from '../model/operation.ts'
import type { Origin, Setting } from '../model/settings.ts'
import { type Command, UsageError } from './command.ts'
import { report } from './report.ts'
import { describeAccess } from './routes.ts'

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
    const steps = plan.registry.policies.map(({ name }) => name)
    process.stdout.write(explainOperation(operation, [...new Set(steps), operation.target]))
    return report(plan) ? 0 : 1
  },
}

function explainOperation(operation: Operation, order: readonly string[]): string {
  const { line, column, file } = operation.document.locate(operation.node.pointer)
  const head = `${operation.method} ${operation.path}\n  operation  ${operation.id}  (${file}:${line}:${column})\n  access     ${describeAccess(operation)}\n  target     ${operation.target}\n`
  const steps = order.flatMap((name) => {
    const setting = operation.settings.get(name)
    return setting === undefined ? [] : [`\n${name}\n${describeSetting(setting)}`]
  })
  return `${head}\nPipeline, in the order in which a request meets it:\n${steps.join('')}${describeOff(operation)}`
}

function describeOff({ off }: Operation): string {
  if (off.size === 0) return ''
  const rows = [...off].map(([name, { document, pointer }]) => {
    const layer = pointer.startsWith('/defaults/') ? 'defaults' : 'operation'
    return `  ${name.padEnd(44)} ${describeOrigin({ layer, at: document.locate(pointer) })}\n`
  })
  return `\nSwitched off:\n\n${rows.join('')}`
}

/** One line for each part of a setting that has an origin of its own and no parts below it. */
function describeSetting({ value, origins }: Setting): string {
  const pointers = [...origins.keys()]
  const leaves = pointers.filter((pointer) => !pointers.some((other) => other.startsWith(`${pointer}/`)))
  const rows = leaves.map((pointer) => {
    const part = pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((held, key) => (held as Record<string, unknown> | undefined)?.[key], value)
    const name = pointer === '' ? '' : `${pointer.slice(1).replaceAll('/', '.')}: `
    return `  ${(name + JSON.stringify(part)).padEnd(44)} ${describeOrigin(origins.get(pointer) as Origin)}\n`
  })
  return rows.join('')
}

function describeOrigin({ layer, at }: Origin): string {
  return at === undefined
    ? 'built-in default'
    : `${layer === 'defaults' ? 'defaults' : 'the operation'}, ${at.file}:${at.line}:${at.column}`
}
