import { configJsonSchema } from '../config/json-schema.ts'
import { planGateway } from '../gateway.ts'
import type { Command } from './command.ts'

export const schema: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of gateway.yaml, with the parts that this project adds',
  async run({ gateway }) {
    const { registry } = await planGateway(gateway)
    process.stdout.write(`${JSON.stringify(configJsonSchema(registry), null, 2)}\n`)
    return 0
  },
}
