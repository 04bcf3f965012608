import type { Registry } from '../compile/registry.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import type { Documents } from '../documents/documents.ts'
import type { Environment } from '../documents/interpolate.ts'
import { loadExtensions } from '../extensions.ts'
import type { Overrides } from '../overrides.ts'
import { readEnvironment } from './environment.ts'
import { extensionsOf, type LoadedConfig, loadConfig, readConfig } from './load.ts'
import { mockConfig, syntheticConfig } from './mock-config.ts'
import { openApiBeside } from './openapi-beside.ts'

/** Everything that gateway.yaml and the environment decide. */
export interface Configuration extends LoadedConfig {
  /** The built-in parts and those of the team's extensions. */
  readonly registry: Registry
  /** `NODE_ENV=production`: what is convenient for development is an error then. */
  readonly production: boolean
  /** False when there is no usable file: nothing is known then about operations, and nothing should be said about them. */
  readonly readable: boolean
  /** True when it stands in a file, whose places can be shown. */
  readonly written: boolean
}

export interface ConfigurationSource {
  readonly directory: string
  readonly file: string | undefined
  readonly env: string | undefined
  readonly environment: Environment
  /** An OpenAPI document that is served without a gateway.yaml. */
  readonly mock: string | undefined
  readonly overrides: Overrides['config']
}

/** Reads the configuration of a gateway, its extensions first, since what they export belongs to its schema. */
export async function readConfiguration(
  { directory, file, env, environment: real, mock, overrides }: ConfigurationSource,
  builtIns: Registry,
  documents: Documents,
  diagnostics: Diagnostics,
): Promise<Configuration> {
  const base = { registry: builtIns, production: false, readable: true, written: false }
  if (mock !== undefined) return { ...base, ...mockConfig(mock, directory, diagnostics) }
  const environment = readEnvironment(directory, real, diagnostics)
  const source = readConfig({ documents, diagnostics, environment, file, env, overrides }, directory)
  if (source === undefined) {
    const openapi = openApiBeside(directory, file)
    return { ...base, readable: false, ...syntheticConfig({ openapi }, directory, diagnostics) }
  }
  const extensions = extensionsOf(source).map((node) => ({ file: node.value, node }))
  const registry = await loadExtensions(builtIns, extensions, directory, diagnostics)
  const production = environment.NODE_ENV === 'production'
  return { registry, production, readable: true, written: true, ...loadConfig(source, registry, diagnostics) }
}
