import type { Diagnostics } from '../documents/diagnostics.ts'
import { type Document, isObject, type Located, members } from '../documents/document.ts'
import type { Documents } from '../documents/documents.ts'

/** How gateway.yaml checks a scheme; undefined for schemes that a gateway cannot check. */
export type SchemeKind = 'jwt' | 'apiKey' | 'basic'

/** An OpenAPI security scheme (OpenAPI 3.1 section 4.8.27) as far as it decides how credentials are read. */
export interface SchemeDefinition {
  readonly kind: SchemeKind | undefined
  /** The scheme in words, for diagnostics: `http bearer`, `apiKey`, `mutualTLS`. */
  readonly type: string
  /** Where an API key is sent. */
  readonly place: 'header' | 'query' | 'cookie'
  readonly name: string
  /** `security` lists scopes for these two types, and roles for all others. */
  readonly listsRoles: boolean
}

/**
 * The security schemes of all documents by name, `$ref` followed. gateway.yaml names a scheme without its document, so two
 * documents must not mean different things by one name.
 */
export function readSecuritySchemes(
  openapi: readonly Document[],
  documents: Documents,
  diagnostics: Diagnostics,
): ReadonlyMap<string, Located> {
  const schemes = new Map<string, Located>()
  for (const document of openapi) {
    const root: Located = { document, pointer: '', value: document.value }
    for (const [name, written] of members(documents.get(root, 'components', 'securitySchemes'))) {
      const node = documents.follow(written)
      if (node === undefined) continue
      const other = schemes.get(name)
      if (other !== undefined && !sameDefinition(defineScheme(other), defineScheme(node))) {
        const at = other.document.locate(other.pointer)
        diagnostics.error(
          'conflicting-security-scheme',
          node,
          `security scheme '${name}' is something else in ${at.file}:${at.line}; one name must mean one scheme in all documents`,
          'rename one of them',
        )
      }
      schemes.set(name, node)
    }
  }
  return schemes
}

/** What a scheme's node says; undefined kind when it says nothing that can be checked here. */
export function defineScheme(node: Located): SchemeDefinition {
  const value = isObject(node.value) ? node.value : {}
  const type = String(value.type)
  const scheme = String(value.scheme).toLowerCase()
  const base = { type, place: 'header', name: '', listsRoles: true } as const
  if (type === 'oauth2' || type === 'openIdConnect') return { ...base, kind: 'jwt', listsRoles: false }
  if (type === 'http') {
    const kind = scheme === 'bearer' ? 'jwt' : scheme === 'basic' ? 'basic' : undefined
    return { ...base, kind, type: `http ${scheme}` }
  }
  const place = value.in
  if (type !== 'apiKey' || typeof value.name !== 'string' || value.name === '') return { ...base, kind: undefined }
  if (place !== 'header' && place !== 'query' && place !== 'cookie') return { ...base, kind: undefined }
  return { ...base, kind: 'apiKey', place, name: value.name }
}

function sameDefinition(a: SchemeDefinition, b: SchemeDefinition): boolean {
  return a.type === b.type && a.kind === b.kind && a.place === b.place && a.name === b.name
}
