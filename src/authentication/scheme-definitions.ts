import { isObject, type Located } from '../documents/document.ts'

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

/** Whether two definitions are checked alike. */
export function sameDefinition(a: SchemeDefinition, b: SchemeDefinition): boolean {
  return a.type === b.type && a.kind === b.kind && a.place === b.place && a.name === b.name
}
