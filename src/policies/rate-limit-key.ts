import { apiKeyOf } from '../authentication/api-key.ts'
import type { Principal, RequestContext } from '../context.ts'
import { addressGroup, clientAddress, type TrustProxy } from './client-address.ts'

type KeyOf = (context: RequestContext) => string

/**
 * What a limit counts a request under. Callers that lack what is counted by (anonymous ones, or without the header) count by their
 * address, so that leaving it out is no way around the limit. The first character keeps addresses, principals and header
 * values apart: nobody can use up the count of somebody else by taking his name.
 */
export function limitKey(by: string, trustProxy: TrustProxy): KeyOf {
  if (by === 'global') return () => ''
  const addressOf = clientAddress(trustProxy)
  const byAddress: KeyOf = (context) => `@${addressGroup(addressOf(context.req))}`
  if (by === 'ip') return byAddress
  if (by === 'principal')
    return (context) => (context.principal === undefined ? byAddress(context) : principalKey(context.principal))
  if (by === 'apiKey') return (context) => apiKeyKey(context.principal) ?? byAddress(context)
  const header = by.slice('header:'.length).toLowerCase()
  return function byHeader(context) {
    const value = context.req.headers[header]
    return value === undefined ? byAddress(context) : `=${value}`
  }
}

function principalKey(principal: Principal): string {
  return `:${principal.scheme}:${principal.subject}`
}

/** Callers with another kind of credential count as what they are. */
function apiKeyKey(principal: Principal | undefined): string | undefined {
  if (principal === undefined) return undefined
  const key = apiKeyOf(principal)
  return key === undefined ? principalKey(principal) : `#${key}`
}
