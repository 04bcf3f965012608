import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, type Document } from '../documents/document.ts'
import { parseDocument } from '../documents/read.ts'
import { rootOf } from '../documents/references.ts'
import { fillDefaults } from './defaults.ts'
import type { LoadedConfig } from './load.ts'
import { GatewayConfig } from './schema.ts'

/** What `gatefold mock` runs with instead of a gateway.yaml: every operation is answered from its document. */
export function mockConfig(openapi: string, directory: string, diagnostics: Diagnostics): LoadedConfig {
  const defaults = { mock: true, cors: { origins: ['*'] }, validate: { response: 'report' } }
  return syntheticConfig({ openapi, defaults }, directory, diagnostics)
}

/** A configuration that stands in no file; all else has its default. */
export function syntheticConfig(
  value: { openapi?: string | []; defaults?: object },
  directory: string,
  diagnostics: Diagnostics,
): LoadedConfig {
  const document = parseDocument(`${directory}/gateway.yaml`, '(no gateway.yaml)', JSON.stringify(value), diagnostics) as Document
  const root = rootOf(document)
  const { defaults: _, ...sections } = value
  return {
    config: fillDefaults(GatewayConfig, sections) as GatewayConfig,
    root,
    defaults: child(root, 'defaults'),
    refused: () => false,
    operations: new Map(),
  }
}
