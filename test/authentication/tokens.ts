import { createHmac, type KeyObject, sign as signBytes } from 'node:crypto'

/** Claims that `rules` accepts; `changes` replace them, and undefined leaves one out. */
export function goodClaims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return { sub: 'alice', iss: 'https://issuer.example', aud: 'api', iat: now, exp: now + 600, roles: ['user'], ...changes }
}

export const rules = {
  issuers: ['https://issuer.example'],
  audiences: ['api', 'other-api'],
  clockSkew: 5000,
  rolesClaim: 'roles',
  scopesClaim: 'scope',
}

/** One part of a compact JWS; text is taken as it is, so that malformed JSON can be sent too. */
export function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A JWS made by hand: whatever the header says, the signature is a true HMAC-SHA256 by `secret`. */
export function hmacToken(secret: Buffer | string, claims: unknown, header: unknown = { alg: 'HS256', typ: 'JWT' }): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** A JWS signed by a private key, as the algorithm asks (RFC 7518 section 3). */
export function signedToken(key: KeyObject, algorithm: string, claims: unknown, header: object = {}): string {
  const input = `${part({ alg: algorithm, typ: 'JWT', ...header })}.${part(claims)}`
  const hash = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`
  const options = algorithm.startsWith('ES')
    ? { key, dsaEncoding: 'ieee-p1363' as const }
    : algorithm.startsWith('PS')
      ? { key, padding: 6, saltLength: -1 }
      : { key }
  return `${input}.${signBytes(hash, Buffer.from(input), options).toString('base64url')}`
}

/** A request that carries a token, or any other headers. */
export function requestWith(token: string, ...more: string[]) {
  return { rawHeaders: ['Host', 'localhost', 'Authorization', `Bearer ${token}`, ...more], search: '' }
}
