import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isObject } from '../documents/document.ts'

/**
 * The public key in a file: PEM (SPKI, PKCS #1 or an X.509 certificate) or a JWK as JSON. Throws an Error in words when there
 * is none, and when it holds a private key, which must not lie where a public one is enough.
 */
export function readPublicKey(file: string): { key: KeyObject; keyId: string | undefined } {
  const text = readFileSync(file, 'utf8')
  const jwk = parseJwk(text)
  if (text.includes('PRIVATE KEY') || jwk?.d !== undefined)
    throw new Error('it holds a private key; only the public one belongs here')
  if (jwk === undefined) return { key: createPublicKey(text), keyId: undefined }
  return { key: createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), keyId: keyIdOf(jwk) }
}

/** The private key in a file: PEM (PKCS #8, PKCS #1, SEC 1; not encrypted) or a JWK as JSON. Throws an Error in words. */
export function readPrivateKey(file: string): { key: KeyObject; keyId: string | undefined } {
  const text = readFileSync(file, 'utf8')
  const jwk = parseJwk(text)
  if (jwk === undefined) return { key: createPrivateKey(text), keyId: undefined }
  return { key: createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }), keyId: keyIdOf(jwk) }
}

function parseJwk(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  const value: unknown = JSON.parse(text)
  return isObject(value) ? value : undefined
}

function keyIdOf(jwk: Record<string, unknown>): string | undefined {
  return typeof jwk.kid === 'string' ? jwk.kid : undefined
}
