import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { developmentSecret } from '../authentication/development-secret.ts'
import { keysFromSecret, type SchemeKeys, sameKeys, schemeKeys } from '../authentication/jwt-keys.ts'
import type { KeySource } from '../authentication/key-source.ts'
import { entryReport } from '../authentication/report.ts'
import type { JwtScheme } from '../config/authentication.ts'
import { type Duration, parseDuration } from '../config/units.ts'
import type { Health, Lifecycle, ServiceDefinition, ServiceTools } from './service.ts'

export interface SignOptions {
  /** The security scheme whose tokens these are; the only one that can sign when absent. */
  readonly scheme?: string
  /** How long the token is good: `30m`, or milliseconds. */
  readonly expiresIn: Duration
}

/** The keys of all bearer schemes. */
export interface Keys extends Lifecycle {
  /** What verifies the tokens of a scheme; undefined for schemes that have none. */
  source(scheme: string): KeySource | undefined
  /**
   * Signs an access token that this API accepts: `iat`, `exp`, and the scheme's `iss` and `aud` are added. `sub` is required,
   * and roles go under the scheme's `rolesClaim`. Rejects with an Error when no key can sign.
   */
  sign(claims: Readonly<Record<string, unknown>> & { sub: string }, options: SignOptions): Promise<string>
  /** The file with the generated secret, when one is in use. */
  readonly developmentSecretFile: string | undefined
}

declare module './service.ts' {
  interface Services {
    keys: Keys
  }
}

export const keysService: ServiceDefinition<'keys'> = {
  name: 'keys',
  create: (tools) => createKeys(tools, new Map()),
}

/** The keys of one scheme and what they were made of. */
interface HeldKeys {
  readonly jwt: JwtScheme
  readonly keys: SchemeKeys
  readonly source: KeySource
  /** Where a generated secret is kept. */
  readonly secretFile: string
}

/** Keys that are what they were `before` go on, with what was fetched and generated. */
function createKeys(tools: ServiceTools, before: ReadonlyMap<string, HeldKeys>): Keys {
  const { config, directory, log, clock } = tools
  const secretFile = resolve(directory, config.database.dataDir, 'jwt-secret')
  const held = new Map<string, HeldKeys>()
  const fresh: HeldKeys[] = []
  for (const [scheme, { jwt }] of Object.entries(config.authentication)) {
    if (jwt === undefined) continue
    const made = holdKeys(scheme, jwt, secretFile, tools)
    const known = before.get(scheme)
    const goesOn = known !== undefined && areSame(known, made)
    held.set(scheme, goesOn ? known : made)
    if (!goesOn) fresh.push(made)
  }
  const needsSecret = [...held.values()].some(({ keys }) => keys.needsSecret)

  async function start(): Promise<void> {
    for (const { keys } of fresh) void keys.remote?.refresh()
    const without = fresh.filter(({ keys }) => keys.needsSecret)
    if (without.length === 0) return
    const secret = await developmentSecret(secretFile)
    for (const { jwt, keys } of without) Object.assign(keys, keysFromSecret(secret, jwt.algorithms), { needsSecret: true })
    log.info({ file: secretFile }, 'tokens are signed with a secret generated for development')
  }

  async function sign(claims: Readonly<Record<string, unknown>> & { sub: string }, options: SignOptions): Promise<string> {
    const scheme = options.scheme ?? [...held].find(([, { keys }]) => keys.signing !== undefined)?.[0]
    const entry = scheme === undefined ? undefined : held.get(scheme)
    const signing = entry?.keys.signing
    if (entry === undefined || signing === undefined) {
      throw new Error(
        `no key signs tokens${scheme === undefined ? '' : ` of '${scheme}'`}: it needs a secret, or publicKey with privateKey`,
      )
    }
    // Most gateways only verify tokens, and do without its memory.
    const { SignJWT } = await import('jose')
    const { issuer, audience } = entry.jwt
    const now = Math.floor(clock.now() / 1000)
    const token = new SignJWT({ ...claims })
      .setProtectedHeader({ alg: signing.algorithm, typ: 'JWT', ...(signing.keyId !== undefined && { kid: signing.keyId }) })
      .setIssuedAt(now)
      .setExpirationTime(now + Math.ceil(parseDuration(options.expiresIn) / 1000))
    if (issuer !== undefined) token.setIssuer(issuer)
    if (audience !== undefined) token.setAudience(typeof audience === 'string' ? audience : (audience[0] as string))
    return token.sign(signing.key)
  }

  async function check(): Promise<Health> {
    const healthy = [...held.values()].every(({ keys }) => keys.remote?.usable ?? true)
    return { healthy, latencyMs: 0, ...(!healthy && { detail: 'the keys of a token issuer are not available' }) }
  }

  return {
    source: (scheme) => held.get(scheme)?.source,
    sign,
    start,
    check,
    developmentSecretFile: needsSecret ? secretFile : undefined,
    renew: (tools) => createKeys(tools, held),
  }
}

function holdKeys(scheme: string, jwt: JwtScheme, secretFile: string, tools: ServiceTools): HeldKeys {
  const { directory, production, clock, log } = tools
  const onFailure = (err: unknown) => log.warn({ err, scheme }, 'the key set could not be fetched')
  const keys = schemeKeys(jwt, { directory, production, clock, report: entryReport(tools, scheme), onFailure })
  return { jwt, keys, source: sourceOf(keys), secretFile }
}

/** Whether keys are still what they were: the settings say the same, and the key files hold the same. */
function areSame(known: HeldKeys, made: HeldKeys): boolean {
  return known.secretFile === made.secretFile && isDeepStrictEqual(known.jwt, made.jwt) && sameKeys(known.keys, made.keys)
}

/** A source that follows the keys: a generated secret is there only after the start. */
function sourceOf(keys: SchemeKeys): KeySource {
  if (!keys.needsSecret) return keys.source
  return {
    get generation() {
      return keys.source.generation
    },
    get freshUntil() {
      return keys.source.freshUntil
    },
    find: (algorithm, keyId) => keys.source.find(algorithm, keyId),
  }
}
