import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import type koaJwt from 'koa-jwt'
import { lazy } from '../messages/lazy.ts'
import { isSymmetric, keyFits } from './algorithms.ts'

/** A key that tokens may be signed with. */
export interface VerificationKey {
  readonly keyId: string | undefined
  readonly key: KeyObject
  /** Says whether a compact JWS that passed `parseToken` bears this key's signature. */
  verify(text: string, algorithm: string): boolean | Promise<boolean>
}

/** Makes a key ready for those of the allowed algorithms that it fits; undefined when it fits none. */
export function verificationKey(
  key: KeyObject,
  keyId: string | undefined,
  allowed: readonly string[],
): VerificationKey | undefined {
  const checks = new Map(
    allowed.filter((algorithm) => keyFits(algorithm, key)).map((algorithm) => [algorithm, signatureCheck(key, algorithm)]),
  )
  if (checks.size === 0) return undefined
  return {
    keyId,
    key,
    verify: (text, algorithm) => checks.get(algorithm)?.(text) ?? false,
  }
}

type SignatureCheck = (text: string) => boolean | Promise<boolean>

function signatureCheck(key: KeyObject, algorithm: string): SignatureCheck {
  if (isSymmetric(algorithm)) return hmacCheck(key, algorithm)
  return algorithm === 'EdDSA' ? joseCheck(key, algorithm) : koaJwtCheck(key, algorithm)
}

/**
 * HMAC with SHA-2 (RFC 7518 section 3.2), by Node itself: koa-jwt needs four times as long for a good signature, and for a bad one, which
 * anybody can send, ten times, because it throws. `parseToken` has seen to it that the signature is spelled in the one right way.
 */
function hmacCheck(key: KeyObject, algorithm: string): SignatureCheck {
  const digest = `sha${algorithm.slice(2)}`
  return function checkByHmac(text) {
    const end = text.lastIndexOf('.')
    const expected = Buffer.from(createHmac(digest, key).update(text.slice(0, end)).digest('base64url'), 'latin1')
    const sent = Buffer.from(text.slice(end + 1), 'latin1')
    return sent.length === expected.length && timingSafeEqual(sent, expected)
  }
}

/**
 * koa-jwt as a plain function. It is a Koa middleware, so it gets a context with just the members that it touches. Times
 * are checked by `checkClaims` alone, so that there is one clock and one tolerance.
 */
function koaJwtCheck(key: KeyObject, algorithm: string): SignatureCheck {
  const options = {
    secret: key as unknown as Buffer,
    algorithms: [algorithm],
    getToken: (context: { token?: string }) => context.token ?? null,
    ignoreExpiration: true,
    ignoreNotBefore: true,
  }
  let loaded: Promise<(context: object, next: () => void) => Promise<void>> | undefined

  async function load() {
    // Services without such keys do without its memory.
    const { default: koaJwt } = await import('koa-jwt')
    return koaJwt(options as unknown as koaJwt.Options) as unknown as Awaited<NonNullable<typeof loaded>>
  }

  return async function checkByKoaJwt(text) {
    loaded ??= load()
    const middleware = await loaded
    const context = { token: text, state: {} as { user?: unknown }, throw: refuse }
    try {
      await middleware(context, passed)
    } catch {
      return false
    }
    return context.state.user !== undefined
  }
}

function passed(): void {}

function refuse(): never {
  throw refused
}

/** One value for all refusals: a stack for each would cost more than the check. */
const refused = new Error('refused')

const jose = lazy(() => import('jose'))

/** EdDSA, which koa-jwt does not know (RFC 8037). */
function joseCheck(key: KeyObject, algorithm: string): SignatureCheck {
  const options = { algorithms: [algorithm] }
  return async function checkByJose(text) {
    const { compactVerify } = await jose()
    try {
      await compactVerify(text, key, options)
      return true
    } catch {
      return false
    }
  }
}
