import type { KeyObject } from 'node:crypto'

/** The signature algorithms that tokens may have (RFC 7518 section 3.1, RFC 8037). `none` is none of them. */
export const algorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

export type Algorithm = (typeof algorithms)[number]

/** True for algorithms whose key is a shared secret. */
export function isSymmetric(algorithm: string): boolean {
  return algorithm.startsWith('HS')
}

/** The least length of a secret in bytes: the size of the hash (RFC 7518 section 3.2). */
export function secretLength(algorithm: string): number {
  return Number(algorithm.slice(2)) / 8
}

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' }

/**
 * True when a key may be used with an algorithm. This is what stops key confusion: a public key never becomes the secret
 * of an HMAC. RSA keys need 2048 bits (RFC 7518 section 3.3).
 */
export function keyFits(algorithm: string, key: KeyObject): boolean {
  if (isSymmetric(algorithm)) return key.type === 'secret' && (key.symmetricKeySize ?? 0) >= secretLength(algorithm)
  if (key.type === 'secret') return false
  const details = key.asymmetricKeyDetails
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return /^[RP]S/.test(algorithm) && (details?.modulusLength ?? 0) >= 2048
    case 'rsa-pss':
      return algorithm.startsWith('PS') && (details?.modulusLength ?? 0) >= 2048
    case 'ec':
      return curves[algorithm] !== undefined && details?.namedCurve === curves[algorithm]
    case 'ed25519':
      return algorithm === 'EdDSA'
    default:
      return false
  }
}
