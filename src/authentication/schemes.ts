import type { Clock } from '../clock.ts'
import type { AuthenticationScheme, JwtScheme } from '../config/authentication.ts'
import { parseDuration } from '../config/units.ts'
import type { DiagnosticCode } from '../documents/diagnostic-codes.ts'
import { nearest } from '../documents/suggest.ts'
import type { ServiceTools } from '../services/service.ts'
import { type ApiKey, apiKeyVerifier } from './api-key.ts'
import { basicVerifier } from './basic.ts'
import { bearerVerifier } from './bearer.ts'
import type { ClaimRules } from './claims.ts'
import type { SchemeVerifier } from './credentials.ts'
import type { KeySource } from './key-source.ts'
import { parsePhc } from './passwords.ts'
import { entryReport, type Report } from './report.ts'
import { defineScheme, type SchemeDefinition } from './scheme-definitions.ts'

/** The protection space of RFC 9110 section 11.5: one for the whole API. */
const realm = 'api'

/**
 * Joins the schemes of OpenAPI with the entries of gateway.yaml's `authentication`. Every entry must belong to a scheme and be
 * of its kind; a scheme without a good entry is not in the map, and operations that need it do not compile.
 */
export function compileSchemes(
  tools: Pick<ServiceTools, 'config' | 'securitySchemes' | 'diagnostics' | 'gatewayFile' | 'clock'>,
  keys: (scheme: string) => KeySource | undefined,
): ReadonlyMap<string, SchemeVerifier> {
  const verifiers = new Map<string, SchemeVerifier>()
  for (const [name, entry] of Object.entries(tools.config.authentication)) {
    const report = entryReport(tools, name)
    const node = tools.securitySchemes.get(name)
    if (node === undefined) {
      reportUnknown(name, [...tools.securitySchemes.keys()], report)
      continue
    }
    const definition = defineScheme(node)
    const verifier = verifierOf(name, definition, entry, keys(name), tools.clock, report)
    if (verifier !== undefined) verifiers.set(name, verifier)
    else if (definition.kind === undefined || entry[definition.kind] === undefined) reportKind(definition, entry, report)
  }
  return verifiers
}

function verifierOf(
  scheme: string,
  definition: SchemeDefinition,
  entry: AuthenticationScheme,
  keys: KeySource | undefined,
  clock: Clock,
  report: Report,
): SchemeVerifier | undefined {
  const { kind, listsRoles, place, name } = definition
  if (kind === 'jwt' && entry.jwt !== undefined && keys !== undefined) {
    const { algorithms } = entry.jwt
    return bearerVerifier({ scheme, realm, algorithms, claims: claimRules(entry.jwt), keys, listsRoles, clock })
  }
  if (kind === 'apiKey' && entry.apiKey !== undefined) {
    const given = apiKeys(entry.apiKey.keys, report)
    return given && apiKeyVerifier({ scheme, realm, place, name, keys: given, clock })
  }
  if (kind === 'basic' && entry.basic !== undefined) {
    return hasGoodUsers(entry.basic.users, report) ? basicVerifier({ scheme, realm, users: entry.basic.users }) : undefined
  }
  return undefined
}

function claimRules(jwt: JwtScheme): ClaimRules {
  const { issuer, audience, rolesClaim, scopesClaim } = jwt
  return {
    issuers: issuer === undefined ? undefined : [issuer],
    audiences: typeof audience === 'string' ? [audience] : audience,
    clockSkew: parseDuration(jwt.clockSkew),
    rolesClaim,
    scopesClaim,
  }
}

type ConfiguredKey = NonNullable<AuthenticationScheme['apiKey']>['keys'][number]

function apiKeys(keys: readonly ConfiguredKey[], report: Report): ApiKey[] | undefined {
  let good = true
  const complain = (index: number, code: DiagnosticCode, message: string, hint: string) => {
    good = false
    report(['apiKey', 'keys', index], code, message, hint)
  }
  const read = keys.map(({ expires, ...key }, index): ApiKey => {
    const expiresAt = expires === undefined ? undefined : Date.parse(expires)
    const twin = keys.findIndex((other) => other.id === key.id || other.sha256.toLowerCase() === key.sha256.toLowerCase())
    if (twin < index)
      complain(index, 'duplicate-key', `key '${key.id}' has the id or the hash of another one`, 'give each key its own')
    if (Number.isNaN(expiresAt)) complain(index, 'wrong-date', `'${expires}' is no date`, 'write it like 2030-12-31')
    return { ...key, ...(expiresAt !== undefined && { expiresAt }) }
  })
  return good ? read : undefined
}

function hasGoodUsers(users: readonly { username: string; password: string }[], report: Report): boolean {
  let good = true
  users.forEach(({ username, password }, index) => {
    if (users.findIndex((other) => other.username === username) < index) {
      good = false
      report(['basic', 'users', index], 'duplicate-key', `user '${username}' is there twice`, 'keep one of them')
    }
    if (parsePhc(password) === undefined) {
      good = false
      const hint = 'make it by hashPassword() of this package'
      report(
        ['basic', 'users', index, 'password'],
        'wrong-hash',
        `the password hash of '${username}' is no usable argon2id hash`,
        hint,
      )
    }
  })
  return good
}

function reportUnknown(name: string, known: readonly string[], report: Report): void {
  const near = nearest(name, known)
  const list = known.length === 0 ? 'the document has none' : `the document has: ${known.join(', ')}`
  report(
    [],
    'unknown-security-scheme',
    `there is no such scheme under components.securitySchemes; ${list}`,
    near && `did you mean '${near}'?`,
  )
}

function reportKind({ type, kind }: SchemeDefinition, entry: AuthenticationScheme, report: Report): void {
  const [written = ''] = Object.keys(entry)
  const message = `the OpenAPI scheme is of type ${type}, which ${kind === undefined ? 'cannot be checked here' : `needs '${kind}', not '${written}'`}`
  report(
    [written],
    'wrong-scheme-kind',
    message,
    'jwt is for http bearer, oauth2 and openIdConnect; apiKey for apiKey; basic for http basic',
  )
}
