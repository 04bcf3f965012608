import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { resolve } from 'node:path'
import type { Clock } from '../clock.ts'
import type { JwtScheme } from '../config/authentication.ts'
import { isSymmetric, keyFits, secretLength } from './algorithms.ts'
import { type RemoteKeys, remoteKeys } from './jwks.ts'
import { readPrivateKey, readPublicKey } from './key-files.ts'
import { fixedKeys, type KeySource, keysUnavailable } from './key-source.ts'
import type { Report } from './report.ts'
import { type VerificationKey, verificationKey } from './signature.ts'

/** What signs tokens of a scheme. */
export interface SigningKey {
  readonly key: KeyObject
  readonly algorithm: string
  readonly keyId: string | undefined
}

/** The keys of one bearer scheme: those that verify, and the one that signs, where there is one. */
export interface SchemeKeys {
  source: KeySource
  /** Those that come from a secret or a file. */
  fixed: readonly VerificationKey[]
  signing: SigningKey | undefined
  /** Set for a JWKS URL. */
  remote: RemoteKeys | undefined
  /** The secret is empty: one has to be made before anything can be verified. */
  readonly needsSecret: boolean
}

/** Keys that are not there yet, or never will be because the boot is going to fail. */
const noKeys: KeySource = { generation: 0, freshUntil: -Infinity, find: () => keysUnavailable(1000) }

const noSchemeKeys: SchemeKeys = { source: noKeys, fixed: [], signing: undefined, remote: undefined, needsSecret: false }

/** Whether two states of a scheme's keys verify and sign alike, as far as secrets and files go. */
export function sameKeys(a: SchemeKeys, b: SchemeKeys): boolean {
  if (a.needsSecret !== b.needsSecret || a.needsSecret) return a.needsSecret === b.needsSecret
  const signsAlike = a.signing === undefined ? b.signing === undefined : b.signing?.key.equals(a.signing.key)
  const alike = ({ keyId, key }: VerificationKey, index: number) => {
    const other = b.fixed[index]
    return other !== undefined && keyId === other.keyId && key.equals(other.key)
  }
  return signsAlike === true && a.fixed.length === b.fixed.length && a.fixed.every(alike)
}

/** Reads and checks the keys of a scheme. What is wrong is reported; the scheme then admits nobody. */
export function schemeKeys(
  jwt: JwtScheme,
  options: { directory: string; production: boolean; clock: Clock; report: Report; onFailure: (error: unknown) => void },
): SchemeKeys {
  const none: SchemeKeys = { ...noSchemeKeys }
  if (!algorithmsFit(jwt, options.report)) return none
  if (jwt.secret === undefined && jwt.audience === undefined) warnOfAnyAudience(options.report)
  if (jwt.secret !== undefined) return secretKeys(jwt.secret, jwt.algorithms, options) ?? none
  if (jwt.publicKey !== undefined) return fileKeys(jwt, jwt.publicKey, options) ?? none
  if (jwt.jwks === undefined || !isSafeUrl(jwt.jwks, options.report)) return none
  const { clock, onFailure } = options
  const remote = remoteKeys({ url: jwt.jwks, algorithms: jwt.algorithms, onFailure, now: clock.now })
  return { ...none, source: remote, remote }
}

/** A secret is for HS algorithms and a public key for the others: a mixture is how keys get confused. */
function algorithmsFit(jwt: JwtScheme, report: Report): boolean {
  const symmetric = jwt.secret !== undefined
  const unfit = jwt.algorithms.findIndex((algorithm) => isSymmetric(algorithm) !== symmetric)
  if (unfit === -1) return true
  const kind = symmetric ? 'a secret' : 'a public key'
  const allowed = symmetric ? 'HS256, HS384, HS512' : 'RS…, PS…, ES… and EdDSA'
  report(
    ['jwt', 'algorithms', unfit],
    'unfit-algorithm',
    `'${jwt.algorithms[unfit]}' cannot be used with ${kind}`,
    `with ${kind}: ${allowed}`,
  )
  return false
}

/** An issuer with a key pair usually signs for several APIs (RFC 8725 section 3.9). */
function warnOfAnyAudience(report: Report): void {
  const message = 'tokens that the issuer made for other APIs are accepted, because no audience is asked for'
  report(['jwt'], 'any-audience', message, "add 'audience' with the name that the issuer has for this API", 'warning')
}

function secretKeys(
  secret: string,
  algorithms: readonly string[],
  { production, report }: { production: boolean; report: Report },
): SchemeKeys | undefined {
  const hint = `set it to at least ${Math.max(...algorithms.map(secretLength))} random bytes, for example by: openssl rand -base64 48`
  if (secret === '') {
    if (!production) return { ...noSchemeKeys, needsSecret: true }
    report(['jwt', 'secret'], 'missing-secret', 'the secret that signs tokens is empty, with NODE_ENV=production', hint)
    return undefined
  }
  const length = Buffer.byteLength(secret)
  const short = algorithms.find((algorithm) => length < secretLength(algorithm))
  if (short === undefined) return keysFromSecret(secret, algorithms)
  const least = `${short} needs at least ${secretLength(short)} (RFC 7518 section 3.2)`
  report(['jwt', 'secret'], 'short-secret', `the secret that signs tokens has ${length} bytes; ${least}`, hint)
  return undefined
}

/** The keys that a secret makes; it is used as the bytes of its UTF-8 text. */
export function keysFromSecret(secret: string, algorithms: readonly string[]): SchemeKeys {
  const key = createSecretKey(Buffer.from(secret, 'utf8'))
  const verifies = verificationKey(key, undefined, algorithms)
  const signing = { key, algorithm: algorithms[0] as string, keyId: undefined }
  return { ...schemeKeysOf(verifies), signing }
}

function fileKeys(jwt: JwtScheme, file: string, options: { directory: string; report: Report }): SchemeKeys | undefined {
  const found = attempt(() => readPublicKey(resolve(options.directory, file)), 'publicKey', file, options.report)
  if (found === undefined) return undefined
  const unfit = jwt.algorithms.findIndex((algorithm) => !keyFits(algorithm, found.key))
  if (unfit !== -1) {
    const what = `'${jwt.algorithms[unfit]}' cannot be used with the key in ${file}, which is ${describe(found.key)}`
    options.report(['jwt', 'algorithms', unfit], 'unfit-algorithm', what, 'name the algorithms that the key is for')
    return undefined
  }
  const verifies = verificationKey(found.key, found.keyId, jwt.algorithms)
  const signing =
    jwt.privateKey === undefined ? undefined : signingKey(jwt.privateKey, found, jwt.algorithms[0] as string, options)
  return { ...schemeKeysOf(verifies), signing }
}

function schemeKeysOf(key: VerificationKey | undefined): SchemeKeys {
  const fixed = key === undefined ? [] : [key]
  return { ...noSchemeKeys, source: fixedKeys(fixed), fixed }
}

function signingKey(
  file: string,
  pair: { key: KeyObject; keyId: string | undefined },
  algorithm: string,
  { directory, report }: { directory: string; report: Report },
): SigningKey | undefined {
  const found = attempt(() => readPrivateKey(resolve(directory, file)), 'privateKey', file, report)
  if (found === undefined) return undefined
  if (createPublicKey(found.key).equals(pair.key)) return { key: found.key, algorithm, keyId: found.keyId ?? pair.keyId }
  report(
    ['jwt', 'privateKey'],
    'wrong-key',
    `the private key in ${file} does not belong to publicKey`,
    'name the two halves of one pair',
  )
  return undefined
}

function attempt<T>(read: () => T, key: string, file: string, report: Report): T | undefined {
  try {
    return read()
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = missing ? 'there is no such file' : (error as Error).message
    report(
      ['jwt', key],
      'unreadable-key',
      `the key in ${file} cannot be read: ${reason}`,
      'paths are relative to the project directory; PEM or JWK',
    )
    return undefined
  }
}

function describe(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  return `${key.asymmetricKeyType}${modulusLength ? ` of ${modulusLength} bits` : ''}${namedCurve ? ` on ${namedCurve}` : ''}`
}

/** Whoever can change the answer on its way can sign any token: https, except to this machine. */
function isSafeUrl(url: string, report: Report): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const local = parsed !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname)
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && local)) return true
  report(
    ['jwt', 'jwks'],
    'unsafe-url',
    `the key set cannot be fetched from '${url}'`,
    'use an https URL (http only on localhost)',
  )
  return false
}
