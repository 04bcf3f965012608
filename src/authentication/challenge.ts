import { type Problem, type ProblemCode, problem } from '../errors.ts'
import type { Refusal, SchemeVerifier } from './credentials.ts'

const details: Record<Refusal | 'absent', string> = {
  absent: 'Send credentials of one of the schemes that this operation asks for.',
  foreign: 'Send credentials of one of the schemes that this operation asks for.',
  expired: 'The credentials have expired.',
  invalid: 'The credentials are not valid.',
}

/** All refusals that one verifier can cause on one operation, made once. */
export type Refusals = Readonly<Record<Refusal, Problem>>

/**
 * A refusal whose `WWW-Authenticate` names every scheme of the operation (RFC 9110 section 15.5.2). Only the bearer scheme
 * whose token was refused says `invalid_token`: without a token there must be no error (RFC 6750 section 3.1).
 */
function refuse(verifiers: readonly SchemeVerifier[], refused: SchemeVerifier | undefined, reason: Refusal | 'absent'): Problem {
  const judged = reason === 'expired' || reason === 'invalid'
  const challenges = verifiers.map((verifier) =>
    judged && verifier === refused && verifier.bearer
      ? `${verifier.challenge}, error="invalid_token", error_description="${details[reason]}"`
      : verifier.challenge,
  )
  const code: ProblemCode = judged ? 'invalid_credentials' : 'unauthenticated'
  return problem(code, { detail: details[reason], headers: { 'www-authenticate': [...new Set(challenges)].join(', ') } })
}

/** The refusal of a request that sent no credentials. */
export function absence(verifiers: readonly SchemeVerifier[]): Problem {
  return refuse(verifiers, undefined, 'absent')
}

/** The refusals of a request whose credentials for one of the schemes are no good. */
export function refusals(verifiers: readonly SchemeVerifier[], refused: SchemeVerifier): Refusals {
  return {
    foreign: refuse(verifiers, refused, 'foreign'),
    expired: refuse(verifiers, refused, 'expired'),
    invalid: refuse(verifiers, refused, 'invalid'),
  }
}

/** Known, but without the scopes that are asked for (RFC 6750 section 3.1: 403, and the scopes that would do). */
export function insufficientScope(verifier: SchemeVerifier, scopes: readonly string[]): Problem {
  const list = scopes.join(' ')
  const detail = `This needs ${verifier.listsRoles ? 'the scopes or roles' : 'the scopes'}: ${list}.`
  if (!verifier.bearer) return problem('forbidden', { detail })
  const scope = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(list) ? `, scope="${list}"` : ''
  return problem('forbidden', {
    detail,
    headers: { 'www-authenticate': `${verifier.challenge}, error="insufficient_scope"${scope}` },
  })
}

/** A parameter value of a challenge as a quoted string (RFC 9110 section 5.6.4); what cannot stand in a header is left out. */
export function quoted(value: string): string {
  return `"${value.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`
}
