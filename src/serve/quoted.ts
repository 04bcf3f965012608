/** A text as JSON. Most are short and have nothing to escape, which is known sooner than `JSON.stringify` has begun. */
export function quoted(text: string): string {
  return text.length > 256 || hasEscapes(text) ? JSON.stringify(text) : `"${text}"`
}

/** Counts more than RFC 8259 section 7 asks for: beyond ASCII there may be lone surrogates, which `JSON.stringify` knows. */
function hasEscapes(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return true
  }
  return false
}
