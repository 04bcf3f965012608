import { planGateway } from '../gateway.ts'
import type { Command } from './command.ts'
import { describeOptions, printDocument } from './print-document.ts'
import { report } from './report.ts'

export const openapi: Command = {
  name: 'openapi',
  summary: 'print the OpenAPI document as it is served',
  options: describeOptions,
  async run({ gateway, options }) {
    const plan = await planGateway(gateway)
    if (!report(plan)) return 1
    return printDocument(plan.descriptions.openapi(), options, plan.directory)
  },
}
