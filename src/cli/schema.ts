import { configJsonSchema, type ProjectNames } from '../config/json-schema.ts'
import { isObject } from '../documents/document.ts'
import { type Plan, planGateway } from '../gateway.ts'
import type { Command } from './command.ts'

export const schema: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of gateway.yaml, with the parts and names that this project adds',
  async run({ gateway }) {
    const plan = await planGateway(gateway)
    process.stdout.write(`${JSON.stringify(configJsonSchema(plan.registry, projectNames(plan)), null, 2)}\n`)
    return 0
  },
}

/** The names of the OpenAPI documents that gateway.yaml may use, so that editors complete them. */
export function projectNames({ operations, securitySchemes }: Pick<Plan, 'operations' | 'securitySchemes'>): ProjectNames {
  return {
    operations: operations.map(({ id, method, path, node }) => {
      const { summary } = node.value
      return { name: id, description: `${method} ${path}${typeof summary === 'string' ? `: ${summary}` : ''}` }
    }),
    securitySchemes: [...securitySchemes].map(([name, { value }]) => {
      const { type = '', description } = isObject(value) ? value : {}
      return { name, description: `${String(type)}${typeof description === 'string' ? `: ${description}` : ''}` }
    }),
  }
}
