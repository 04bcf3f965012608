import { schemesOfOwnRoutes } from '../config/own-routes.ts'
import { child } from '../documents/document.ts'
import type { Rule } from './review.ts'

/** Entries of `authentication` for schemes that no operation asks for. */
export const reviewUnusedSchemes: Rule = ({ config, root, written, api, operations, diagnostics }) => {
  const section = child(root, 'authentication')
  if (!written || section === undefined) return
  const asked = new Set([
    ...operations.flatMap(({ access }) =>
      access.kind === 'public' ? [] : access.alternatives.flat().map(({ scheme }) => scheme),
    ),
    ...schemesOfOwnRoutes([config.metrics, config.ops]),
  ])
  for (const name of Object.keys(section.value as object)) {
    const node = child(section, name)
    if (asked.has(name) || node === undefined || !api.securitySchemes.has(name)) continue
    const at = node.document.locate(node.pointer, 'key')
    const hint = `Name it in the 'security' of the document or of an operation, or remove it here.`
    diagnostics.warning('unused-security-scheme', at, `no operation asks for the security scheme '${name}'`, hint)
  }
}
