import { isUtf8 } from 'node:buffer'

/** Reads bytes as text; undefined when they are not valid in that charset. */
export type Decoder = (bytes: Buffer) => string | undefined

/** The decoder of a charset by its label (WHATWG Encoding: `utf-8`, `us-ascii`, `iso-8859-1`, `utf-16` …); undefined when it is unknown. */
export function charsetDecoder(label: string | undefined): Decoder | undefined {
  if (label === undefined || /^utf-?8$/i.test(label)) return decodeUtf8
  try {
    const decoder = new TextDecoder(label, { fatal: true })
    return function decodeText(bytes) {
      try {
        return decoder.decode(bytes)
      } catch {
        return undefined
      }
    }
  } catch {
    return undefined
  }
}

/** UTF-8, strictly; a byte order mark is not part of the text (RFC 8259 section 8.1). */
export function decodeUtf8(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
