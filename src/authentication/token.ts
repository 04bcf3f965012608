import { isObject } from '../documents/document.ts'

/** A token whose form is right; nothing in it is trusted yet. */
export interface Token {
  readonly text: string
  readonly algorithm: string
  readonly keyId: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
}

/** Longest token in characters; identity providers with many groups in a token stay below it. */
const longestToken = 8192
const longestKeyId = 256
const tokenTypes = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'])
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a compact JWS (RFC 7515 section 7.1) as strictly as it is written: the libraries behind decode leniently, and two
 * spellings of one token must not both be good. Of members that are written twice the last one counts, here as there
 * (RFC 7519 section 4). Keys inside the header (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
 * Undefined when anything about it is wrong.
 */
export function parseToken(text: string): Token | undefined {
  if (text.length > longestToken) return undefined
  const parts = text.split('.')
  if (parts.length !== 3 || !parts.every(isBase64url)) return undefined
  const header = parseObject(parts[0] as string)
  const claims = parseObject(parts[1] as string)
  if (header === undefined || claims === undefined) return undefined
  const { alg, kid, typ } = header
  // Extensions that must be understood (RFC 7515 section 4.1.11) are not, and `b64` (RFC 7797) would change what is signed.
  if (typeof alg !== 'string' || Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return undefined
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > longestKeyId)) return undefined
  if (typ !== undefined && (typeof typ !== 'string' || !tokenTypes.has(typ.toLowerCase()))) return undefined
  return { text, algorithm: alg, keyId: kid, claims }
}

/** Only the one canonical spelling: no padding, no other alphabet, no stray bits behind the last byte. */
function isBase64url(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part
}

function parseObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(Buffer.from(part, 'base64url')))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
