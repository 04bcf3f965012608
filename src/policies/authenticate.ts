import Type from 'typebox'
import { defineScheme } from '../authentication/scheme-definitions.ts'
import type { CompileTools } from '../compile/tools.ts'
import type { RequestContext } from '../context.ts'
import { child, type Located } from '../documents/document.ts'
import { Problem } from '../errors.ts'
import type { Operation, SecurityRequirement } from '../model/operation.ts'
import type { Decision } from '../services/authenticator.ts'
import { definePolicy, type StepResult } from './policy.ts'

/**
 * Finds out who is calling, as the operation's OpenAPI `security` asks. It has no setting, so that no layer can switch it
 * off: `access: public` is how an operation does without.
 */
export const authenticate = definePolicy({
  name: 'authenticate',
  schema: Type.Object({}),
  always: true,
  uses: ['authenticator'],
  refuses(_, { access }, { authentication }) {
    if (access.kind === 'public') return []
    const requirements = access.alternatives.flat()
    const remote = requirements.some(({ scheme }) => authentication[scheme]?.jwt?.jwks !== undefined)
    return [
      ...(access.alternatives.every((alternative) => alternative.length > 0) ? (['unauthenticated'] as const) : []),
      'invalid_credentials',
      ...(requirements.some(({ scopes }) => scopes.length > 0) ? (['forbidden'] as const) : []),
      ...(remote ? (['authentication_unavailable'] as const) : []),
    ]
  },
  compile(_, operation, tools) {
    if (operation.access.kind === 'public') return undefined
    const { alternatives } = operation.access
    reportUndecidable(alternatives, operation, tools)
    const decide = tools.services.authenticator.compile(alternatives)
    return {
      before: function authenticateCaller(context) {
        const decision = decide({ rawHeaders: context.req.rawHeaders, search: context.search })
        return decision instanceof Promise ? decision.then((decided) => admit(context, decided)) : admit(context, decision)
      },
    }
  },
})

function admit(context: RequestContext, decision: Decision): StepResult {
  if (decision instanceof Problem) return decision
  context.principal = decision
  return undefined
}

/** A scheme that nobody can check would lock every caller out; that is said at boot, where `security` names it. */
function reportUndecidable(alternatives: readonly SecurityRequirement[], operation: Operation, tools: CompileTools): void {
  const { authenticator } = tools.services
  const unknown = new Set(alternatives.flat().flatMap(({ scheme }) => (authenticator.knows(scheme) ? [] : [scheme])))
  const root: Located = { document: operation.document, pointer: '', value: operation.document.value }
  const security = child(operation.node, 'security') ?? child(root, 'security')
  for (const scheme of unknown) {
    if (authenticator.mentions(scheme)) continue
    const node = tools.documents.get(root, 'components', 'securitySchemes', scheme)
    const definition = node && defineScheme(node)
    const entry = definition?.kind
    const hint =
      entry === undefined
        ? `${definition?.type ?? 'it'} cannot be checked by this gateway: use another scheme, or 'access: public' where something in front checks it`
        : `add 'authentication: { ${scheme}: { ${entry}: … } }' to gateway.yaml`
    tools.diagnostics.error(
      'undecidable-security',
      security,
      `security scheme '${scheme}' has no entry under 'authentication' in gateway.yaml`,
      hint,
    )
  }
}
