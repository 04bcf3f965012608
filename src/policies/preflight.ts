import { parseDuration } from '../config/units.ts'
import { Reply, type RequestContext } from '../context.ts'
import type { Operation } from '../model/operation.ts'
import type { CorsConfig } from './cors.ts'
import { matchOrigins } from './cors-origins.ts'

/** What a preflight for one method may be answered with. */
interface Permission {
  readonly isAllowed: (origin: string) => boolean
  readonly credentials: boolean
  readonly everybody: boolean
  readonly methods: readonly string[]
  /** Undefined: the headers that are asked for. */
  readonly headers: string | undefined
  readonly maxAge: string
}

const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
const headerList = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/
const longestHeaderList = 2048

/**
 * Answers OPTIONS for one path: 204 with `Allow`, and for a preflight (Fetch standard, section 3.3.5) whose origin and method are both allowed
 * the CORS headers of the operation that it asks about. To everybody else it says nothing, and the browser refuses.
 */
export function compilePreflight(operations: readonly Operation[], allow: string): (context: RequestContext) => Reply {
  const permissions = new Map<string, Permission>()
  for (const operation of operations) {
    const config = operation.settings.get('cors')?.value as CorsConfig | undefined
    if (config !== undefined) permissions.set(operation.method, permission(config, allow))
  }
  const get = permissions.get('GET')
  if (get !== undefined && !permissions.has('HEAD')) permissions.set('HEAD', get)

  return function answerPreflight({ req }) {
    const headers: Record<string, string> = { allow }
    if (permissions.size === 0) return new Reply(204, undefined, headers)
    headers.vary = vary
    const { origin } = req.headers
    const method = req.headers['access-control-request-method']
    const allowed = method === undefined ? undefined : permissions.get(method)
    if (origin !== undefined && allowed?.isAllowed(origin) && allowed.methods.includes(method as string)) {
      grant(headers, allowed, origin, req.headers['access-control-request-headers'])
    }
    return new Reply(204, undefined, headers)
  }
}

/**
 * Answers OPTIONS at a route of the gateway's own, where `cors` of `defaults` holds for every method. What that policy says about the origin
 * stands on the answer already.
 */
export function systemPreflight(config: CorsConfig | undefined, allow: string): (context: RequestContext) => Reply {
  if (config === undefined) return () => new Reply(204, undefined, { allow })
  const allowed = permission(config, allow)
  return function answerSystemPreflight({ req }) {
    const headers: Record<string, string> = {}
    const { origin } = req.headers
    const method = req.headers['access-control-request-method']
    if (origin !== undefined && method !== undefined && allowed.isAllowed(origin) && allowed.methods.includes(method)) {
      grant(headers, allowed, origin, req.headers['access-control-request-headers'])
      delete headers['access-control-allow-origin']
      delete headers['access-control-allow-credentials']
    }
    return new Reply(204, undefined, { allow, ...headers })
  }
}

function permission(config: CorsConfig, allow: string): Permission {
  const everybody = config.origins.includes('*')
  return {
    isAllowed: everybody ? () => true : matchOrigins(config.origins),
    credentials: config.credentials && !everybody,
    everybody,
    methods: config.methods ?? allow.split(', '),
    headers: config.headers?.join(', '),
    maxAge: String(Math.floor(parseDuration(config.maxAge) / 1000)),
  }
}

function grant(headers: Record<string, string>, allowed: Permission, origin: string, asked: string | undefined): void {
  headers['access-control-allow-origin'] = allowed.everybody ? '*' : origin
  headers['access-control-allow-methods'] = allowed.methods.join(', ')
  headers['access-control-max-age'] = allowed.maxAge
  if (allowed.credentials) headers['access-control-allow-credentials'] = 'true'
  const names =
    allowed.headers ?? (asked !== undefined && asked.length <= longestHeaderList && headerList.test(asked) ? asked : '')
  if (names !== '') headers['access-control-allow-headers'] = names
}
