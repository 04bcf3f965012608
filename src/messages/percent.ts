/**
 * Percent-encoding (RFC 3986 section 2.1). A message's text is checked once as a whole; its parts, split at ASCII
 * delimiters, can then be decoded without looking again, because no such split parts a UTF-8 sequence.
 */

/** True when every `%` starts a valid escape and the escapes are valid UTF-8. */
export function isDecodable(text: string): boolean {
  if (!text.includes('%')) return true
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** Decodes text that `isDecodable`. */
export function decodePercent(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text
}

/** Decodes `application/x-www-form-urlencoded` text that `isDecodable`: `+` is a space (WHATWG URL section 5.1). */
export function decodeForm(text: string): string {
  return decodePercent(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

/** Decodes where encoding is usual but not required (cookies, RFC 6265 section 4.1.1): malformed text stays as it is. */
export function decodeLeniently(text: string): string {
  return isDecodable(text) ? decodePercent(text) : text
}

/** For text that is never percent-encoded (header fields). */
export function asIs(text: string): string {
  return text
}
