import { planGateway } from '../gateway.ts'
import type { Command } from './command.ts'
import { portNumber, serve } from './serve.ts'

export const mock: Command = {
  name: 'mock',
  words: ['[openapi.yaml]'],
  summary: 'serve any OpenAPI document from its examples and schemas, without a gateway.yaml',
  options: { port: { type: 'string', value: 'N', describe: 'listen here (default: 8000)' } },
  async run({ gateway, words, options: { port } }) {
    const [document = 'openapi.yaml'] = words
    return serve(
      await planGateway({ ...gateway, mock: document, ...(port !== undefined && { port: portNumber(port as string) }) }),
    )
  },
}
