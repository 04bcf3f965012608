import { defineScheme, sameDefinition } from '../authentication/scheme-definitions.ts'
import type { Diagnostics } from '../documents/diagnostics.ts'
import { child, isObject, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'
import type { Access, SecurityRequirement } from './operation.ts'

/**
 * The access decision of an operation: `access: public` of gateway.yaml, else its own `security`, else the document's
 * (OpenAPI 3.1 section 4.8.10.1: an operation's `security` replaces the document's; `[]` removes it).
 * Undefined, and reported, when nobody decided: such an operation must not be served. A mock serves it to everybody.
 */
export function decideAccess(
  operation: { id: string; node: Located; root: Located; declaredPublic: boolean; mocking: boolean },
  documents: Documents,
  diagnostics: Diagnostics,
): Access | undefined {
  const { id, node, root, declaredPublic, mocking } = operation
  if (declaredPublic) return { kind: 'public' }
  const security = child(node, 'security') ?? child(root, 'security')
  if (security === undefined && mocking) return { kind: 'public' }
  if (security === undefined) {
    diagnostics.error(
      'no-access-decision',
      node,
      `operation '${id}' has no access decision: neither OpenAPI 'security' nor 'access: public'`,
      `add 'security' to the operation (or the document), or 'operations: { ${id}: { access: public } }' to gateway.yaml`,
    )
    return undefined
  }
  if (!Array.isArray(security.value)) {
    diagnostics.error('wrong-type', security, `'security' must be a list of security requirements, not ${typeof security.value}`)
    return undefined
  }
  if (security.value.length === 0) return { kind: 'public' }
  const schemes = documents.get(root, 'components', 'securitySchemes')
  const alternatives = members(security).map(([, requirement]) => readRequirement(requirement, schemes, mocking, diagnostics))
  return alternatives.some((alternative) => alternative === undefined)
    ? undefined
    : { kind: 'restricted', alternatives: alternatives as SecurityRequirement[] }
}

function readRequirement(
  node: Located,
  schemes: Located | undefined,
  mocking: boolean,
  diagnostics: Diagnostics,
): SecurityRequirement | undefined {
  if (!isObject(node.value)) {
    diagnostics.error('wrong-type', node, 'a security requirement must be an object of scheme names and their scopes')
    return undefined
  }
  const requirement: { scheme: string; scopes: string[] }[] = []
  for (const [scheme, scopes] of members(node)) {
    if (schemes === undefined || child(schemes, scheme) === undefined) {
      const known = members(schemes).map(([name]) => name)
      diagnostics.error(
        'unknown-security-scheme',
        scopes,
        `security scheme '${scheme}' is not defined; defined are: ${known.join(', ') || '(none)'}`,
        `define it under 'components.securitySchemes'`,
      )
      // Nobody can send credentials of a scheme that is not described; a mock has nothing to keep from them either.
      if (mocking) continue
      return undefined
    }
    const list: unknown = scopes.value
    if (!Array.isArray(list) || !list.every((scope) => typeof scope === 'string')) {
      // A scope that is passed over is a check that is not made.
      diagnostics.error(
        'wrong-type',
        scopes,
        `the scopes of '${scheme}' must be a list of names`,
        `write '${scheme}: []' when it needs none`,
      )
      return undefined
    }
    requirement.push({ scheme, scopes: list })
  }
  return requirement
}

/**
 * `components.securitySchemes` of all documents by name. gateway.yaml names a scheme without its document, so two documents
 * must not mean different things by one name.
 */
export function readSecuritySchemes(
  roots: readonly Located[],
  documents: Documents,
  diagnostics: Diagnostics,
): Map<string, Located> {
  const schemes = new Map<string, Located>()
  for (const root of roots) {
    for (const [name, written] of members(documents.get(root, 'components', 'securitySchemes'))) {
      const node = documents.follow(written)
      if (node === undefined) continue
      const other = schemes.get(name) ?? node
      if (!sameDefinition(defineScheme(other), defineScheme(node))) {
        const at = other.document.locate(other.pointer)
        const what = `security scheme '${name}' is something else in ${at.file}:${at.line}; one name must mean one scheme in all documents`
        diagnostics.error('conflicting-security-scheme', node, what, 'rename one of them')
      }
      schemes.set(name, other)
    }
  }
  return schemes
}
