import { isObject } from '../documents/document.ts'
import type { SecurityRequirement } from '../model/operation.ts'

type Json = Record<string, unknown>

/**
 * The security schemes of an OpenAPI document in AsyncAPI's words. There, one of a server's requirements is enough, and each names one
 * scheme: alternatives of several schemes that must hold together are described by all of them.
 */
export function asyncSecurity(
  alternatives: readonly SecurityRequirement[],
  openapi: Json,
): { schemes: Json; requirements: readonly Json[] } {
  const components = isObject(openapi.components) ? openapi.components : {}
  const declared = isObject(components.securitySchemes) ? components.securitySchemes : {}
  const names = [...new Set(alternatives.flatMap((alternative) => alternative.map(({ scheme }) => scheme)))]
  const schemes = Object.fromEntries(
    names.flatMap((name) => {
      const scheme = declared[name]
      return isObject(scheme) && typeof scheme.$ref !== 'string' ? [[name, asyncScheme(scheme)]] : []
    }),
  )
  return { schemes, requirements: Object.keys(schemes).map((name) => ({ $ref: `#/components/securitySchemes/${name}` })) }
}

function asyncScheme(scheme: Json): Json {
  const { type, description } = scheme
  const told = typeof description === 'string' ? { description } : {}
  if (type === 'apiKey') return { type: 'httpApiKey', name: scheme.name, in: scheme.in, ...told }
  if (type === 'mutualTLS') return { type: 'X509', ...told }
  if (type === 'openIdConnect') return { type, openIdConnectUrl: scheme.openIdConnectUrl, ...told }
  if (type === 'oauth2' && isObject(scheme.flows)) return { type, flows: asyncFlows(scheme.flows), ...told }
  const bearer = String(scheme.scheme).toLowerCase() === 'bearer'
  const how = bearer ? 'In the handshake: `auth: { token }`, or the header Authorization.' : undefined
  return {
    type: 'http',
    scheme: scheme.scheme,
    ...(typeof scheme.bearerFormat === 'string' && { bearerFormat: scheme.bearerFormat }),
    ...told,
    ...(how !== undefined && { description: [description, how].filter(Boolean).join('\n\n') }),
  }
}

const flowNames = new Set(['implicit', 'password', 'clientCredentials', 'authorizationCode'])

/** The flows that AsyncAPI knows; `scopes` is called `availableScopes` there. */
function asyncFlows(flows: Json): Json {
  return Object.fromEntries(
    Object.entries(flows).flatMap(([name, flow]) => {
      if (!flowNames.has(name) || !isObject(flow)) return []
      const { scopes, ...rest } = flow
      return [[name, { ...rest, availableScopes: scopes ?? {} }]]
    }),
  )
}
