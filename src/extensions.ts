import { resolve } from 'node:path'
import type { TSchema } from 'typebox'
import type { Registry } from './compile/registry.ts'
import { compileCheck } from './config/validate.ts'
import type { Diagnostics } from './documents/diagnostics.ts'
import type { Located } from './documents/document.ts'
import { importModule } from './import-module.ts'
import type { Policy } from './policies/policy.ts'
import type { Target } from './targets/target.ts'

/** A module that `extensions:` names, and where it is named. */
export interface ExtensionEntry {
  readonly file: string
  readonly node: Located
}

/** The built-in parts together with those that a team's modules export (made by `definePolicy` and `defineTarget`). */
export async function loadExtensions(
  builtIn: Registry,
  entries: readonly ExtensionEntry[],
  directory: string,
  diagnostics: Diagnostics,
): Promise<Registry> {
  let registry = builtIn
  for (const { file, node } of entries) {
    const imported = await importModule(resolve(directory, file), directory)
    if (!('exports' in imported)) {
      const { reason, at, hint } = imported
      const message = `the extension ${file} cannot be loaded: ${reason}`
      const place = at && `see ${at.file}:${at.line}:${at.column}`
      diagnostics.error('extension-failed', node, message, place && hint ? `${place}. ${hint}` : (place ?? hint))
      continue
    }
    const parts = Object.values(imported.exports).filter(isPart)
    if (parts.length === 0) {
      diagnostics.error(
        'extension-empty',
        node,
        `the extension ${file} exports no policy and no target`,
        'export what definePolicy or defineTarget returns',
      )
    }
    for (const part of parts) registry = withPart(registry, part, node, diagnostics)
  }
  return registry
}

function withPart(registry: Registry, part: Policy | Target, node: Located, diagnostics: Diagnostics): Registry {
  if ([...registry.policies, ...registry.targets].some(({ name }) => name === part.name)) {
    diagnostics.error('duplicate-part', node, `a ${part.kind} named '${part.name}' exists already`, 'choose another name')
    return registry
  }
  // What is no valid JSON Schema would let every setting pass.
  const fault = faultOf(part.schema)
  if (fault !== undefined) {
    const message = `the schema of the ${part.kind} '${part.name}' is no JSON Schema: ${fault}`
    diagnostics.error('extension-failed', node, message, 'Make it with Type of this package.')
    return registry
  }
  if (part.kind === 'target') return { ...registry, targets: [...registry.targets, part] }
  return { ...registry, policies: registry.policies.toSpliced(placeOf(part, registry.policies), 0, part) }
}

function faultOf(schema: TSchema): string | undefined {
  try {
    compileCheck(schema)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A team's policies of one stage stand in the order in which they were named, behind the built-in ones of that stage. */
function placeOf(part: Policy, policies: readonly Policy[]): number {
  if (part.stage === 'validated') return policies.length
  const next = part.stage === 'arrival' ? 'authenticate' : 'validate'
  const place = policies.findIndex(({ name }) => name === next)
  return place === -1 ? policies.length : place
}

function isPart(value: unknown): value is Policy | Target {
  if (typeof value !== 'object' || value === null) return false
  const { kind, name, compile, schema } = value as Partial<Policy | Target>
  return (
    (kind === 'policy' || kind === 'target') && typeof name === 'string' && typeof compile === 'function' && schema !== undefined
  )
}
