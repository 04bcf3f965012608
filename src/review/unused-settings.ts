import { child, type Located, members } from '../documents/document.ts'
import type { Operation } from '../model/operation.ts'
import type { Reviewed, Rule } from './review.ts'

/** What gateway.yaml says without any effect. */
export const reviewUnusedSettings: Rule = (reviewed) => {
  if (!reviewed.written || reviewed.operations.length === 0) return
  reportSections(reviewed)
  reportDefaults(reviewed)
  for (const operation of reviewed.operations) {
    const layer = layerOf(reviewed.root, operation)
    if (layer === undefined) continue
    reportNeedlessOff(layer, operation, reviewed)
    reportCallersOfPublic(layer, operation, reviewed)
  }
}

function layerOf(root: Located, { id }: Operation): Located | undefined {
  const operations = child(root, 'operations')
  return operations && child(operations, id)
}

function keyOf({ document, pointer }: Located) {
  return document.locate(pointer, 'key')
}

function reportSections({ root, operations, diagnostics }: Reviewed): void {
  if (operations.some(({ target }) => target === 'task')) return
  for (const name of ['tasks', 'realtime']) {
    const node = child(root, name)
    if (node === undefined) continue
    const hint = `Give an operation the setting 'task: {}', or remove the section.`
    diagnostics.warning('unused-section', keyOf(node), `the section '${name}' is about tasks, but no operation is one`, hint)
  }
}

/** These stand on the gateway's own routes too. */
const everywhere = new Set(['cors', 'securityHeaders'])

function reportDefaults({ root, operations, diagnostics }: Reviewed): void {
  for (const [name, node] of members(child(root, 'defaults'))) {
    if (everywhere.has(name) || node.value === false) continue
    const candidates = name === 'roles' ? operations.filter(({ access }) => access.kind === 'restricted') : operations
    const taken = candidates.some((operation) =>
      [...(operation.settings.get(name)?.origins.values() ?? [])].some(({ layer }) => layer === 'defaults'),
    )
    if (taken) continue
    const message = `no operation takes '${name}' from the defaults: each has its own or switches it off`
    diagnostics.warning('unused-default', keyOf(node), message, 'Remove it, or what overrides it.')
  }
}

/** `false` for what nothing below it declares. */
function reportNeedlessOff(layer: Located, { id }: Operation, { root, registry, config, diagnostics }: Reviewed): void {
  const defaults = child(root, 'defaults')
  for (const [name, node] of members(layer)) {
    if (node.value !== false) continue
    const declared = defaults && child(defaults, name)
    const part = registry.policies.find((policy) => policy.name === name)
    const builtIn = typeof part?.default === 'function' ? part.default(config) : part?.default
    if (
      (declared !== undefined && declared.value !== false) ||
      (declared === undefined && builtIn !== undefined && builtIn !== false)
    )
      continue
    const message = `'${name}: false' switches nothing off: neither the defaults nor Gatefold give '${id}' any`
    diagnostics.warning('setting-without-effect', keyOf(node), message, 'Remove it.')
  }
}

/** A limit by caller where callers are not known counts by address. */
function reportCallersOfPublic(layer: Located, { id, access }: Operation, { diagnostics }: Reviewed): void {
  const setting = child(layer, 'rateLimit')
  if (access.kind !== 'public' || setting === undefined) return
  const limits = Array.isArray(setting.value) ? members(setting).map(([, node]) => node) : [setting]
  for (const limit of limits) {
    const by = child(limit, 'by')
    if (by?.value !== 'principal' && by?.value !== 'apiKey') continue
    const message = `'${id}' is public, so nobody is known there by ${by.value}: the limit counts by address`
    diagnostics.warning('setting-without-effect', by, message, 'Write by: ip.')
  }
}
