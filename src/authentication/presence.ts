import type { Principal } from '../context.ts'
import type { Located } from '../documents/document.ts'
import { isObject } from '../documents/document.ts'
import type { SecurityRequirement } from '../model/operation.ts'
import { quoted } from './challenge.ts'
import {
  ambiguous,
  type CredentialSource,
  credentialsOf,
  readCookie,
  readHeader,
  readQuery,
  type SchemeVerifier,
} from './credentials.ts'
import { defineScheme } from './scheme-definitions.ts'

/**
 * What `gatefold mock` checks: that a credential of the scheme is sent, whatever it is. A mock has no users whose
 * credentials could be right; the answers are made up as well.
 */
export function presenceVerifiers(schemes: ReadonlyMap<string, Located>): ReadonlyMap<string, SchemeVerifier> {
  return new Map([...schemes].map(([name, node]) => [name, presenceVerifier(name, node)]))
}

/**
 * The requirements as a mock asks for them: without scopes, which nobody has given its callers. Schemes that one request cannot
 * satisfy together, because each wants the `Authorization` header, become alternatives; nothing could be answered otherwise.
 */
export function presenceRequirements(
  requirements: readonly SecurityRequirement[],
  schemes: ReadonlyMap<string, Located>,
): SecurityRequirement[] {
  const usesHeader = (scheme: string): boolean => {
    const node = schemes.get(scheme)
    return node !== undefined && defineScheme(node).kind !== 'apiKey' && httpScheme(node) !== ''
  }
  return requirements.flatMap((requirement) => {
    const needs = requirement.map(({ scheme }) => ({ scheme, scopes: [] }))
    const sharing = needs.filter(({ scheme }) => usesHeader(scheme))
    if (sharing.length < 2) return [needs]
    return sharing.map((chosen) => needs.filter((need) => need === chosen || !sharing.includes(need)))
  })
}

function presenceVerifier(scheme: string, node: Located): SchemeVerifier {
  const { kind, listsRoles, place, name } = defineScheme(node)
  const isSent = kind === 'apiKey' ? keyReader(place, name) : authorizationReader(httpScheme(node))
  const principal: Principal = Object.freeze({ subject: 'mock', roles: [], scopes: [], claims: Object.freeze({}), scheme })
  const challenge =
    kind === 'apiKey' ? `ApiKey realm="api", in="${place}", name=${quoted(name)}` : `${capitalise(httpScheme(node))} realm="api"`
  return { challenge, bearer: kind === 'jwt', listsRoles, verify: (source) => (isSent(source) ? principal : undefined) }
}

/** The scheme of the `Authorization` header; undefined for those that leave nothing in the request (mutual TLS). */
function httpScheme({ value }: Located): string {
  if (!isObject(value) || value.type === 'mutualTLS') return ''
  return value.type === 'http' ? String(value.scheme).toLowerCase() : 'bearer'
}

function authorizationReader(scheme: string): (source: CredentialSource) => boolean {
  if (scheme === '') return () => true
  return (source) => {
    const sent = readHeader(source, 'authorization')
    return typeof sent === 'string' && !['', 'foreign'].includes(credentialsOf(sent, scheme))
  }
}

function keyReader(place: 'header' | 'query' | 'cookie', name: string): (source: CredentialSource) => boolean {
  const lower = name.toLowerCase()
  const read = place === 'query' ? readQuery : place === 'cookie' ? readCookie : readHeader
  return (source) => {
    const sent = read(source, place === 'header' ? lower : name)
    return sent !== undefined && sent !== ambiguous && sent !== ''
  }
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
