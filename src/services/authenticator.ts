import type { CredentialSource } from '../authentication/credentials.ts'
import { presenceRequirements, presenceVerifiers } from '../authentication/presence.ts'
import { type Authenticate, compileRequirements, type Decision } from '../authentication/requirements.ts'
import { compileSchemes } from '../authentication/schemes.ts'
import type { SecurityRequirement } from '../model/operation.ts'
import type { ServiceDefinition, ServiceTools } from './service.ts'

export type { CredentialSource } from '../authentication/credentials.ts'
export type { Authenticate, Decision } from '../authentication/requirements.ts'

/** Decides who is calling. One for the whole gateway, so that a token is verified once for all operations. */
export interface Authenticator {
  /** Whether credentials of a scheme can be checked. */
  knows(scheme: string): boolean
  /** One function for the `security` of one operation (`compileRequirements` says what it does). */
  compile(alternatives: readonly SecurityRequirement[]): Authenticate
  /** The same for callers that keep no compiled function; compiled once for each list of alternatives. */
  authenticate(alternatives: readonly SecurityRequirement[], source: CredentialSource): Decision | Promise<Decision>
}

declare module './service.ts' {
  interface Services {
    authenticator: Authenticator
  }
}

export const authenticatorService: ServiceDefinition<'authenticator'> = {
  name: 'authenticator',
  uses: ['keys'],
  create: createAuthenticator,
}

function createAuthenticator(tools: ServiceTools): Authenticator {
  const schemes = tools.mocking ? presenceVerifiers(tools.securitySchemes) : compileSchemes(tools, tools.services.keys.source)
  const required = (alternatives: readonly SecurityRequirement[]) =>
    tools.mocking ? presenceRequirements(alternatives, tools.securitySchemes) : alternatives
  const compiled = new WeakMap<readonly SecurityRequirement[], Authenticate>()

  function compile(alternatives: readonly SecurityRequirement[]): Authenticate {
    const known = compiled.get(alternatives) ?? compileRequirements(required(alternatives), schemes)
    compiled.set(alternatives, known)
    return known
  }

  return {
    knows: (scheme) => schemes.has(scheme),
    compile,
    authenticate: (alternatives, source) => compile(alternatives)(source),
  }
}
