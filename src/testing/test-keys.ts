import { argon2Sync, createSecretKey, generateKeyPairSync, hash, type KeyObject, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyFits } from '../authentication/algorithms.ts'
import { isObject } from '../documents/document.ts'
import type { ConfigOverlay } from '../overrides.ts'

/** Somebody whom an `apiKey` or `basic` scheme of gateway.yaml does not name, but who may call in a test. */
export interface TestPrincipal {
  readonly scheme: string
  readonly subject: string
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
}

/** The keys, secrets and passwords of one test gateway. */
export interface TestKeys {
  /** Puts them into the section `authentication` in place of the real ones, of which none is needed. */
  overlay(written: ConfigOverlay): ConfigOverlay
  /** What signs the tokens of a bearer scheme. */
  signing(scheme: string): { readonly key: KeyObject; readonly algorithm: string } | undefined
  apiKey(scheme: string, id: string): string
  readonly password: string
}

type Members = Readonly<Record<string, unknown>>

/** Makes keys for all schemes but those whose keys `own` (the configuration that a test gives) names itself; files go to `directory`. */
export function createTestKeys(directory: string, principals: readonly TestPrincipal[], own: ConfigOverlay): TestKeys {
  const salt = randomBytes(16).toString('base64url')
  const password = `test-${salt}`
  const signing = new Map<string, { key: KeyObject; algorithm: string }>()
  const apiKey = (scheme: string, id: string) => `test-${hash('sha256', `${salt}\n${scheme}\n${id}`, 'base64url')}`

  function overlay(written: ConfigOverlay): ConfigOverlay {
    const entries = Object.entries(members(written.authentication)).map(([scheme, entry]) => [
      scheme,
      replace(scheme, members(entry)),
    ])
    for (const { scheme } of principals) if (!entries.some(([name]) => name === scheme)) throw unknownScheme(scheme, entries)
    return entries.length === 0 ? {} : { authentication: Object.fromEntries(entries) }
  }

  function replace(scheme: string, { jwt, apiKey: keys, basic }: Members): Members {
    const given = members(members(own.authentication)[scheme])
    if (isObject(jwt))
      return keyNames.some((name) => Object.hasOwn(members(given.jwt), name)) ? {} : { jwt: replaceJwt(scheme, jwt) }
    const added = principals.filter((principal) => principal.scheme === scheme)
    if (isObject(keys))
      return { apiKey: { keys: [...list(keys.keys), ...added.map(asKey)].map((key) => withTestKey(scheme, key)) } }
    if (isObject(basic)) return { basic: { users: [...list(basic.users), ...added.map(asUser)].map(withPassword) } }
    return {}
  }

  function replaceJwt(scheme: string, jwt: Members): Members {
    const algorithms = list(jwt.algorithms).map(String)
    const [algorithm] = algorithms
    if (algorithm === undefined) return {}
    if (Object.hasOwn(jwt, 'secret')) {
      const secret = randomBytes(64).toString('base64url')
      signing.set(scheme, { key: createSecretKey(Buffer.from(secret)), algorithm })
      return { secret }
    }
    const { publicKey, privateKey } = keyPair(algorithm)
    signing.set(scheme, { key: privateKey, algorithm })
    // One key is of one kind; a key set may have had several.
    const fitting = algorithms.filter((name) => keyFits(name, publicKey))
    return { algorithms: fitting, jwks: null, publicKey: write(scheme, publicKey), privateKey: write(scheme, privateKey) }
  }

  function write(scheme: string, key: KeyObject): string {
    const file = join(directory, `${encodeURIComponent(scheme)}-${key.type}.json`)
    writeFileSync(file, JSON.stringify(key.export({ format: 'jwk' })), { mode: 0o600 })
    return file
  }

  const withTestKey = (scheme: string, key: Members) => ({ ...key, sha256: hash('sha256', apiKey(scheme, String(key.id))) })
  let hashed: string | undefined
  const withPassword = (user: Members) => ({ ...user, password: (hashed ??= quickHash(password)) })

  return { overlay, signing: (scheme) => signing.get(scheme), apiKey, password }
}

/** What decides which tokens of a bearer scheme are good. */
const keyNames = ['secret', 'publicKey', 'privateKey', 'jwks']

function asKey({ scheme: _, ...principal }: TestPrincipal): Members {
  return { id: principal.subject, ...principal }
}

function asUser({ scheme: _, ...principal }: TestPrincipal): Members {
  return { username: principal.subject, ...principal }
}

function keyPair(algorithm: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm.startsWith('ES')) {
    const curves: Readonly<Record<string, string>> = { ES384: 'secp384r1', ES512: 'secp521r1' }
    return generateKeyPairSync('ec', { namedCurve: curves[algorithm] ?? 'prime256v1' })
  }
  return algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** argon2id at the least cost that there is: what is tested is who may do what, not how long guessing takes. */
function quickHash(password: string): string {
  const cost = { memory: 8, passes: 1, parallelism: 1 }
  const nonce = randomBytes(16)
  const tag = argon2Sync('argon2id', { ...cost, nonce, message: Buffer.from(password), tagLength: 32 })
  const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=8,t=1,p=1$${unpadded(nonce)}$${unpadded(tag)}`
}

function unknownScheme(scheme: string, known: readonly unknown[][]): Error {
  const names = known.map(([name]) => name).join(', ') || '(none)'
  return new Error(`principals: gateway.yaml declares no scheme '${scheme}' under authentication; there are: ${names}`)
}

function members(value: unknown): Members {
  return isObject(value) ? value : {}
}

function list(value: unknown): Members[] {
  return Array.isArray(value) ? value : []
}
