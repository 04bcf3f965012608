import type { Principal } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import type { SecurityRequirement } from '../model/operation.ts'
import { absence, insufficientScope, type Refusals, refusals } from './challenge.ts'
import type { CredentialSource, SchemeVerifier, Verification } from './credentials.ts'

/** Who is calling (undefined: nobody in particular, and that is allowed), or the refusal. */
export type Decision = Principal | Problem | undefined
export type Authenticate = (source: CredentialSource) => Decision | Promise<Decision>

/** One scheme of one alternative. */
interface Need {
  /** Index into the list of the schemes that the operation knows. */
  readonly index: number
  readonly scopes: readonly string[]
  readonly listsRoles: boolean
  readonly lacking: Problem
}

/** The alternatives of one operation and everything that it may answer, made at boot. */
interface Plan {
  readonly verifiers: readonly SchemeVerifier[]
  readonly alternatives: readonly (readonly Need[])[]
  /** One alternative is `{}`. */
  readonly optional: boolean
  readonly absent: Problem
  readonly refusals: readonly Refusals[]
}

/**
 * Compiles OpenAPI `security` into one function: alternatives are OR, the schemes inside one are AND.
 *
 * - The first satisfied alternative decides. With several schemes the principal is the first scheme's, with the
 *   roles and scopes of all of them and the earliest end.
 * - `{}` admits callers without credentials, and callers whose valid credentials satisfy no other alternative, as nobody.
 *   Credentials that were sent and are no good are refused all the same: who tries to identify must not be taken for nobody.
 * - Of several refusals the caller gets the one that says most: undecidable (503), lacking scopes (403), invalid, absent (401).
 * - An alternative that names an unknown scheme cannot be satisfied, and no alternatives at all admit nobody.
 */
export function compileRequirements(
  requirements: readonly SecurityRequirement[],
  schemes: ReadonlyMap<string, SchemeVerifier>,
): Authenticate {
  const decidable = requirements.filter((requirement) => requirement.every(({ scheme }) => schemes.has(scheme)))
  if (decidable.length === 0) {
    const denied = problem('forbidden')
    return () => denied
  }
  const plan = makePlan(decidable, schemes)
  const [only] = plan.verifiers
  if (only === undefined) return () => undefined
  return plan.verifiers.length === 1 ? oneScheme(plan, only) : manySchemes(plan)
}

function makePlan(requirements: readonly SecurityRequirement[], schemes: ReadonlyMap<string, SchemeVerifier>): Plan {
  const names = [...new Set(requirements.flat().map(({ scheme }) => scheme))]
  const verifiers = names.map((name) => schemes.get(name) as SchemeVerifier)
  const needs = requirements.map((requirement) =>
    requirement.map(({ scheme, scopes }): Need => {
      const index = names.indexOf(scheme)
      const verifier = verifiers[index] as SchemeVerifier
      return { index, scopes, listsRoles: verifier.listsRoles, lacking: insufficientScope(verifier, scopes) }
    }),
  )
  return {
    verifiers,
    alternatives: needs.filter((alternative) => alternative.length > 0),
    optional: needs.some((alternative) => alternative.length === 0),
    absent: absence(verifiers),
    refusals: verifiers.map((verifier) => refusals(verifiers, verifier)),
  }
}

/** Nearly every operation: no list of results is made, and a credential that is known already is judged without a promise. */
function oneScheme(plan: Plan, verifier: SchemeVerifier): Authenticate {
  const [first] = plan.alternatives as [readonly Need[]]
  const simple = plan.alternatives.length === 1 && first.length === 1 && first[0]?.scopes.length === 0
  const settle = simple ? (result: Verification) => outcome(plan, 0, result) : (result: Verification) => decide(plan, [result])
  return function authenticateByOneScheme(source) {
    const result = verifier.verify(source)
    return result instanceof Promise ? result.then(settle) : settle(result)
  }
}

function manySchemes(plan: Plan): Authenticate {
  const { verifiers } = plan
  return function authenticateBySeveralSchemes(source) {
    const results = verifiers.map((verifier) => verifier.verify(source))
    return results.some((result) => result instanceof Promise)
      ? Promise.all(results).then((settled) => decide(plan, settled))
      : decide(plan, results as Verification[])
  }
}

/** What one scheme alone amounts to. */
function outcome(plan: Plan, index: number, result: Verification): Decision {
  if (result === undefined) return plan.optional ? undefined : plan.absent
  return typeof result === 'string' ? (plan.refusals[index] as Refusals)[result] : result
}

function decide(plan: Plan, results: readonly Verification[]): Decision {
  let refusal: Problem | undefined
  for (const alternative of plan.alternatives) {
    const judged = judge(plan, alternative, results)
    if (!(judged instanceof Problem)) return judged
    if (refusal === undefined || weight(judged) > weight(refusal)) refusal = judged
  }
  if (!plan.optional) return refusal
  return results.some(isRefused) ? worst(plan, results) : undefined
}

/** One alternative: its principal, or the weightiest of its refusals. */
function judge(plan: Plan, alternative: readonly Need[], results: readonly Verification[]): Principal | Problem {
  let principal: Principal | undefined
  let refusal: Problem | undefined
  for (const need of alternative) {
    const result = results[need.index]
    let failed: Problem | undefined
    if (!isPrincipal(result)) failed = result === undefined ? plan.absent : (outcome(plan, need.index, result) as Problem)
    else if (!hasScopes(result, need)) failed = need.lacking
    else principal = principal === undefined ? result : merge(principal, result)
    if (failed !== undefined && (refusal === undefined || weight(failed) > weight(refusal))) refusal = failed
  }
  return refusal ?? (principal as Principal)
}

function worst(plan: Plan, results: readonly Verification[]): Problem {
  return results
    .flatMap((result, index) => (isRefused(result) ? [outcome(plan, index, result) as Problem] : []))
    .reduce((a, b) => (weight(b) > weight(a) ? b : a))
}

function weight(refusal: Problem): number {
  if (refusal.status === 401) return refusal.code === 'invalid_credentials' ? 1 : 0
  return refusal.status === 403 ? 2 : 3
}

function isRefused(result: Verification): boolean {
  return result !== undefined && !isPrincipal(result)
}

function isPrincipal(result: Verification): result is Principal {
  return typeof result === 'object' && !(result instanceof Problem)
}

function hasScopes(principal: Principal, need: Need): boolean {
  for (const scope of need.scopes) {
    if (!principal.scopes.includes(scope) && !(need.listsRoles && principal.roles.includes(scope))) return false
  }
  return true
}

function merge(first: Principal, second: Principal): Principal {
  const ends = Math.min(first.expiresAt ?? Infinity, second.expiresAt ?? Infinity)
  return {
    ...first,
    roles: [...new Set([...first.roles, ...second.roles])],
    scopes: [...new Set([...first.scopes, ...second.scopes])],
    ...(ends !== Infinity && { expiresAt: ends }),
  }
}
