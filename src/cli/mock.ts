import { type GatewayOptions, planGateway } from '../gateway.ts'
import type { Command } from './command.ts'
import { serveEdits } from './dev.ts'
import { portNumber, serve } from './serve.ts'

export const mock: Command = {
  name: 'mock',
  words: ['[openapi.yaml]'],
  summary: 'serve any OpenAPI document from its examples and schemas, without a gateway.yaml',
  options: {
    port: { type: 'string', value: 'N', describe: 'listen here (default: PORT, else 8000)' },
    watch: { type: 'boolean', describe: 'follow every edit of the document' },
  },
  configured: false,
  async run({ gateway, words, options: { port = process.env.PORT, watch } }) {
    const [document = 'openapi.yaml'] = words
    const own: GatewayOptions = { ...gateway, mock: document, ...(port !== undefined && { port: portNumber(port as string) }) }
    return watch === true ? serveEdits(own) : serve(await planGateway(own))
  },
}
