import { isDeepStrictEqual } from 'node:util'
import type { CredentialSource, SchemeVerifier } from '../authentication/credentials.ts'
import type { KeySource } from '../authentication/key-source.ts'
import { presenceRequirements, presenceVerifiers } from '../authentication/presence.ts'
import { type Authenticate, compileRequirements, type Decision } from '../authentication/requirements.ts'
import { defineScheme, type SchemeDefinition } from '../authentication/scheme-definitions.ts'
import { compileSchemes } from '../authentication/schemes.ts'
import { child, isObject, type Located } from '../documents/document.ts'
import type { SecurityRequirement } from '../model/operation.ts'
import type { Lifecycle, ServiceDefinition, ServiceTools } from './service.ts'

export type { CredentialSource } from '../authentication/credentials.ts'
export type { Authenticate, Decision } from '../authentication/requirements.ts'

/** Decides who is calling. One for the whole gateway, so that a token is verified once for all operations. */
export interface Authenticator extends Lifecycle {
  /** Whether credentials of a scheme can be checked. */
  knows(scheme: string): boolean
  /** Whether gateway.yaml says something about a scheme. What is wrong with it was reported there. */
  mentions(scheme: string): boolean
  /** One function for the `security` of one operation (`compileRequirements` says what it does). */
  compile(alternatives: readonly SecurityRequirement[]): Authenticate
  /** The same for callers that keep no compiled function; compiled once for each list of alternatives. */
  authenticate(alternatives: readonly SecurityRequirement[], source: CredentialSource): Decision | Promise<Decision>
  /** What checks credentials, by scheme. The next generation has the very same map when nothing about it has changed. */
  readonly verifiers: ReadonlyMap<string, SchemeVerifier>
}

declare module './service.ts' {
  interface Services {
    authenticator: Authenticator
  }
}

export const authenticatorService: ServiceDefinition<'authenticator'> = {
  name: 'authenticator',
  uses: ['keys'],
  create: (tools) => createAuthenticator(tools, { verifiers: new Map(), origins: new Map() }),
}

/** What checks credentials, and what that was made of: a scheme, its settings and its keys. */
interface Verifiers {
  readonly verifiers: ReadonlyMap<string, SchemeVerifier>
  readonly origins: ReadonlyMap<string, readonly [definition: SchemeDefinition, entry: unknown, keys: KeySource | undefined]>
}

function createAuthenticator(tools: ServiceTools, before: Verifiers): Authenticator {
  const own = makeVerifiers(tools, before)
  const { verifiers } = own
  const required = requirementsReader(tools)
  const written = tools.gatewayFile && child(tools.gatewayFile, 'authentication')
  const compiled = new WeakMap<readonly SecurityRequirement[], Authenticate>()
  // Most operations ask for the same, each in a list of its own.
  const byText = new Map<string, Authenticate>()

  function compile(alternatives: readonly SecurityRequirement[]): Authenticate {
    const known = compiled.get(alternatives)
    if (known !== undefined) return known
    const text = JSON.stringify(alternatives)
    const authenticate = byText.get(text) ?? compileRequirements(required(alternatives), verifiers)
    byText.set(text, authenticate)
    compiled.set(alternatives, authenticate)
    return authenticate
  }

  return {
    knows: (scheme) => verifiers.has(scheme),
    mentions: (scheme) => written !== undefined && isObject(written.value) && Object.hasOwn(written.value, scheme),
    compile,
    authenticate: (alternatives, source) => compile(alternatives)(source),
    verifiers,
    renew: (tools) => createAuthenticator(tools, own),
  }
}

function requirementsReader({ mocking, securitySchemes }: ServiceTools) {
  if (!mocking) return (alternatives: readonly SecurityRequirement[]) => alternatives
  return (alternatives: readonly SecurityRequirement[]) => presenceRequirements(alternatives, securitySchemes)
}

/** A scheme that is what it was keeps its verifier, and with it the tokens that were verified. */
function makeVerifiers(tools: ServiceTools, before: Verifiers): Verifiers {
  const { mocking, config, services, securitySchemes } = tools
  const made = mocking ? presenceVerifiers(securitySchemes) : compileSchemes(tools, services.keys.source)
  const origins = new Map(
    [...made.keys()].map((scheme) => [
      scheme,
      [
        defineScheme(securitySchemes.get(scheme) as Located),
        config.authentication[scheme],
        services.keys.source(scheme),
      ] as const,
    ]),
  )
  const verifiers = new Map(
    [...made].map(([scheme, verifier]) => {
      const [definition, entry, keys] = origins.get(scheme) as NonNullable<ReturnType<typeof origins.get>>
      const known = before.origins.get(scheme)
      const goesOn = known !== undefined && known[2] === keys && isDeepStrictEqual([known[0], known[1]], [definition, entry])
      return [scheme, goesOn ? (before.verifiers.get(scheme) as SchemeVerifier) : verifier]
    }),
  )
  const unchanged =
    verifiers.size === before.verifiers.size &&
    [...verifiers].every(([scheme, verifier]) => before.verifiers.get(scheme) === verifier)
  return { verifiers: unchanged ? before.verifiers : verifiers, origins }
}
