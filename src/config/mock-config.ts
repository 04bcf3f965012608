import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Document } from '../documents/document.ts'
import { parseDocument } from '../documents/read.ts'
import { rootOf } from '../documents/references.ts'
import { fillDefaults } from './defaults.ts'
import type { LoadedConfig } from './load.ts'
import { GatewayConfig } from './schema.ts'

/** What `gatefold mock` runs with instead of a gateway.yaml: every operation is answered from its document. */
export function mockConfig(openapi: string, directory: string, diagnostics: Diagnostics): LoadedConfig {
  const value = { openapi, defaults: { mock: true, cors: { origins: ['*'] }, validate: { response: 'report' } } }
  const document = parseDocument(`${directory}/gateway.yaml`, '(gatefold mock)', JSON.stringify(value), diagnostics) as Document
  const root = rootOf(document)
  const { defaults: _, ...sections } = value
  const config = fillDefaults(GatewayConfig, sections) as GatewayConfig
  return { config, root, defaults: child(root, 'defaults'), operations: new Map() }
}
