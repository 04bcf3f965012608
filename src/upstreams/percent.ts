/**
 * Encodes what RFC 3986 (sections 3.3 and 3.4) does not allow in a path or query, of text as it was sent: each character stands for one byte
 * there. What is encoded already stays as it is.
 */
export function encodeBytes(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@%/?]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
