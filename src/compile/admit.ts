import type { IncomingMessage } from 'node:http'
import type { Principal } from '../context.ts'
import { child, type Located } from '../documents/document.ts'
import { Problem, problem } from '../errors.ts'
import type { SecurityRequirement } from '../model/operation.ts'
import type { CompileTools } from './tools.ts'

/** Who calls one of the gateway's own routes; undefined where everybody may. A refusal is thrown. */
export type Admit = (request: { readonly req: IncomingMessage; readonly querystring: string }) => Promise<Principal | undefined>

/** The access decision of a section of gateway.yaml that is served and not for everybody. */
export interface CallerRules {
  access?: 'public'
  security?: Record<string, string[]>[]
  roles?: string[]
}

/**
 * Compiles the access decision of the section `name`; one without a decision, or with one that nobody can check, is reported. What could
 * not be decided admits nobody.
 */
export function compileAdmit(name: string, rules: CallerRules, gatewayFile: Located, tools: CompileTools): Admit {
  const { access, security, roles } = rules
  const at = child(gatewayFile, name) ?? gatewayFile
  if (access === 'public') {
    if (security !== undefined || roles !== undefined) reportContradiction(name, at, tools)
    return async () => undefined
  }
  if (security === undefined) {
    reportUndecided(name, at, tools)
    return async () => {
      throw problem('forbidden')
    }
  }
  reportUnknown(name, security, at, tools)
  if (name === 'ops') reportOpen(security, roles, at, tools)
  const alternatives = security.map(
    (requirement): SecurityRequirement => Object.entries(requirement).map(([scheme, scopes]) => ({ scheme, scopes })),
  )
  const authenticate = tools.services.authenticator.compile(alternatives)
  return async function admit({ req, querystring }) {
    const decision = await authenticate({ rawHeaders: req.rawHeaders, search: querystring })
    if (decision instanceof Problem) throw decision
    if (roles !== undefined && !roles.some((role) => decision?.roles.includes(role)))
      throw problem('forbidden', { detail: 'The caller does not have the role that this needs.' })
    return decision
  }
}

function reportUndecided(name: string, at: Located, { diagnostics, config }: CompileTools): void {
  const [scheme = 'bearerAuth'] = Object.keys(config.authentication)
  const decision = `'security: [{ ${scheme}: [] }]'`
  const hint =
    name === 'metrics'
      ? `add 'port: 9464' for a port of its own, or ${decision}, or 'access: public'`
      : `add ${decision} and 'roles'`
  diagnostics.error('no-access-decision', at, `'${name}' has no access decision`, hint)
}

function reportContradiction(name: string, at: Located, { diagnostics }: CompileTools): void {
  diagnostics.error(
    'contradicting-access',
    at,
    `'${name}' is public, so 'security' and 'roles' would not be asked`,
    `remove 'access: public', or 'security' and 'roles'`,
  )
}

/** The page shows payloads and ends tasks of everybody; what an API's every user can sign in with is seldom meant. */
function reportOpen(security: Record<string, string[]>[], roles: string[] | undefined, at: Located, tools: CompileTools): void {
  const asks = roles !== undefined || security.every((requirement) => Object.values(requirement).flat().length > 0)
  if (asks) return
  tools.diagnostics.warning(
    'operators-unlimited',
    at,
    "whoever has credentials is an operator: 'ops' asks for no role and no scope",
    "add 'roles' to it",
  )
}

function reportUnknown(name: string, security: Record<string, string[]>[], at: Located, tools: CompileTools): void {
  const { authenticator } = tools.services
  const named = new Set(security.flatMap((requirement) => Object.keys(requirement)))
  for (const scheme of named) {
    if (authenticator.knows(scheme) || authenticator.mentions(scheme)) continue
    const known = Object.keys(tools.config.authentication)
    tools.diagnostics.error(
      'unknown-security-scheme',
      child(at, 'security') ?? at,
      `'${name}.security' names '${scheme}', which is not under 'authentication'; there are: ${known.join(', ') || '(none)'}`,
      `declare it under 'components.securitySchemes' of the OpenAPI document and under 'authentication' here`,
    )
  }
}
