import { planGateway } from '../gateway.ts'
import type { Command } from './command.ts'
import { describeOptions, printDocument } from './print-document.ts'
import { report } from './report.ts'

export const asyncapi: Command = {
  name: 'asyncapi',
  summary: 'print the AsyncAPI document of live events',
  options: describeOptions,
  async run({ gateway, options }) {
    const plan = await planGateway(gateway)
    if (!report(plan)) return 1
    const document = plan.descriptions.asyncapi()
    if (document === undefined)
      throw new Error("no operation is a task, so there are no live events: declare 'task: {}' for one in gateway.yaml")
    return printDocument(document, options, plan.directory)
  },
}
