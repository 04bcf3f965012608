import { isUtf8 } from 'node:buffer'
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

/**
 * Reads a compact JWS (RFC 7515 section 7.1) as strictly as it is written: the libraries behind decode leniently, and two
 * spellings of one token must not both be good. Of members that are written twice the last one counts, here as there
 * (RFC 7519 section 4). Keys inside the header (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
 * Undefined when anything about it is wrong.
 */
export function parseToken(text: string): Token | undefined {
  if (text.length > longestToken) return undefined
  const headEnd = text.indexOf('.')
  const claimsEnd = text.indexOf('.', headEnd + 1)
  // A third dot would stand in the signature.
  if (headEnd === -1 || claimsEnd === -1 || !canonical.test(text.slice(claimsEnd + 1))) return undefined
  const head = readHead(text.slice(0, headEnd))
  const claims = head && parseObject(text.slice(headEnd + 1, claimsEnd))
  return claims && { text, algorithm: head.algorithm, keyId: head.keyId, claims }
}

type Head = Pick<Token, 'algorithm' | 'keyId'>

/** The tokens of an issuer differ in their claims only: what was read last is what comes next. */
let last: { readonly part: string; readonly head: Head } | undefined

function readHead(part: string): Head | undefined {
  if (last?.part === part) return last.head
  const head = headIn(parseObject(part))
  if (head !== undefined) last = { part, head }
  return head
}

function headIn(header: Record<string, unknown> | undefined): Head | undefined {
  if (header === undefined) return undefined
  const { alg, kid, typ } = header
  // Extensions that must be understood (RFC 7515 section 4.1.11) are not, and `b64` (RFC 7797) would change what is signed.
  if (typeof alg !== 'string' || Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return undefined
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > longestKeyId)) return undefined
  if (typ !== undefined && (typeof typ !== 'string' || !tokenTypes.has(typ.toLowerCase()))) return undefined
  return { algorithm: alg, keyId: kid }
}

/** The one spelling in base64url: no padding, no other alphabet, no stray bits behind the last byte, and something at all. */
const canonical = /^(?=.)(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

function parseObject(part: string): Record<string, unknown> | undefined {
  if (!canonical.test(part)) return undefined
  const bytes = Buffer.from(part, 'base64url')
  if (!isUtf8(bytes)) return undefined
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
