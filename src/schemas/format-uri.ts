import { isIPv6 } from 'node:net'

/** Which characters beyond ASCII an identifier may have: none (RFC 3986) or those of RFC 3987. */
interface Alphabet {
  readonly userinfo: RegExp
  readonly host: RegExp
  readonly segment: RegExp
  readonly query: RegExp
  readonly fragment: RegExp
}

const ucschar =
  '\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}' +
  Array.from(
    { length: 14 },
    (_, plane) => `\\u{${(plane + 1).toString(16)}${plane === 13 ? '1' : '0'}000}-\\u{${(plane + 1).toString(16)}FFFD}`,
  ).join('')
const iprivate = '\\u{E000}-\\u{F8FF}\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}'
const plain = "a-z0-9\\-._~!$&'()*+,;="

function alphabet(more: string, moreInQuery: string): Alphabet {
  const of = (characters: string) => new RegExp(`^(?:[${characters}]|%[0-9a-f]{2})*$`, 'iu')
  return {
    userinfo: of(`${plain}:${more}`),
    host: of(`${plain}${more}`),
    segment: of(`${plain}:@/${more}`),
    query: of(`${plain}:@/?${more}${moreInQuery}`),
    fragment: of(`${plain}:@/?${more}`),
  }
}

const ascii = alphabet('', '')
const international = alphabet(ucschar, iprivate)

/** RFC 3986 appendix B, which splits every string. */
const parts = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/su

function isReference(text: string, { segment, query, fragment, ...host }: Alphabet, absolute: boolean): boolean {
  const [, scheme, authority, path = '', search = '', hash = ''] = parts.exec(text) ?? []
  if (scheme === undefined ? absolute : !/^[a-z][a-z0-9+.-]*$/i.test(scheme)) return false
  if (authority !== undefined && !isAuthority(authority, host)) return false
  // Without an authority, a path that starts with two slashes would be one (section 3.3).
  if (authority === undefined && path.startsWith('//')) return false
  return segment.test(path) && query.test(search) && fragment.test(hash)
}

function isAuthority(authority: string, { userinfo, host }: Pick<Alphabet, 'userinfo' | 'host'>): boolean {
  const at = authority.indexOf('@')
  if (at !== -1 && !userinfo.test(authority.slice(0, at))) return false
  const place = authority.slice(at + 1)
  const literal = /^\[([^\]]*)\](?::\d*)?$/.exec(place)
  if (literal !== null) return isIpLiteral(literal[1] as string)
  return host.test(place.replace(/:\d*$/, ''))
}

function isIpLiteral(text: string): boolean {
  return /^v[0-9a-f]+\.[a-z0-9\-._~!$&'()*+,;=:]+$/i.test(text) || (isIPv6(text) && !text.includes('%'))
}

export const isUri = (text: string) => isReference(text, ascii, true)
export const isUriReference = (text: string) => isReference(text, ascii, false)
export const isIri = (text: string) => isReference(text, international, true)
export const isIriReference = (text: string) => isReference(text, international, false)

const name = '(?:[a-z0-9_]|%[0-9a-f]{2})(?:\\.?(?:[a-z0-9_]|%[0-9a-f]{2}))*'
const variable = `${name}(?::[1-9][0-9]{0,3}|\\*)?`
const expression = `\\{[+#./;?&=,!@|]?${variable}(?:,${variable})*\\}`
const literal = `[\\x21\\x23\\x24\\x26-\\x3B\\x3D\\x3F-\\x5B\\x5D\\x5F\\x61-\\x7A\\x7E${ucschar}${iprivate}]|%[0-9a-f]{2}`
/** RFC 6570 section 2, with the apostrophe among the literals as its erratum 6937 has it. */
export const uriTemplate = new RegExp(`^(?:${literal}|${expression})*$`, 'iu')
