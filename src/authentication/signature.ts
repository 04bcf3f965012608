import type { KeyObject } from 'node:crypto'
import { compactVerify } from 'jose'
import koaJwt from 'koa-jwt'
import { keyFits } from './algorithms.ts'

/** A key that tokens may be signed with. */
export interface VerificationKey {
  readonly keyId: string | undefined
  readonly key: KeyObject
  /** Says whether a compact JWS that passed `parseToken` bears this key's signature. */
  verify(text: string, algorithm: string): Promise<boolean>
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
    async verify(text, algorithm) {
      const check = checks.get(algorithm)
      return check?.(text) ?? false
    },
  }
}

type SignatureCheck = (text: string) => Promise<boolean>

function signatureCheck(key: KeyObject, algorithm: string): SignatureCheck {
  return algorithm === 'EdDSA' ? joseCheck(key, algorithm) : koaJwtCheck(key, algorithm)
}

/**
 * koa-jwt as a plain function. It is a Koa middleware, so it gets a context with just the members that it touches. The key is
 * a KeyObject: jsonwebtoken tries a secret string as a public key first, at every call. Times are checked by `checkClaims`
 * alone, so that there is one clock and one tolerance.
 */
function koaJwtCheck(key: KeyObject, algorithm: string): SignatureCheck {
  const options = {
    secret: key as unknown as Buffer,
    algorithms: [algorithm],
    getToken: (context: { token?: string }) => context.token ?? null,
    ignoreExpiration: true,
    ignoreNotBefore: true,
  }
  const middleware = koaJwt(options as unknown as koaJwt.Options) as unknown as (
    context: object,
    next: () => void,
  ) => Promise<void>
  return async function checkByKoaJwt(text) {
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

/** EdDSA, which koa-jwt does not know (RFC 8037). */
function joseCheck(key: KeyObject, algorithm: string): SignatureCheck {
  const options = { algorithms: [algorithm] }
  return async function checkByJose(text) {
    try {
      await compactVerify(text, key, options)
      return true
    } catch {
      return false
    }
  }
}
