import { randomBytes } from 'node:crypto'

/** A whole number from 0 to 2^53 - 1 for a text. */
export type KeyedHash = (text: string) => number

/**
 * HalfSipHash-1-3 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; the variant for tables), of a text's
 * UTF-16 code units in little-endian order, less its highest 11 bits. Who does not know the key cannot choose texts that meet.
 */
export function createKeyedHash(key: Uint8Array = randomBytes(8)): KeyedHash {
  const words = new DataView(key.buffer, key.byteOffset, 8)
  const k0 = words.getInt32(0, true)
  const k1 = words.getInt32(4, true)

  return function hash(text) {
    const { length } = text
    // The last word has the length in bytes above what is left of the text.
    const last = length >> 1
    let v0 = k0
    let v1 = k1 ^ 0xee
    let v2 = 0x6c796765 ^ k0
    let v3 = 0x74656462 ^ k1
    let low = 0
    for (let round = 0; round <= last + 6; round++) {
      let word = 0
      if (round < last) word = text.charCodeAt(2 * round) | (text.charCodeAt(2 * round + 1) << 16)
      else if (round === last) word = (length << 25) | (length & 1 && text.charCodeAt(length - 1))
      v3 ^= word
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
      if (round === last) v2 ^= 0xee
      else if (round === last + 3) {
        low = v1 ^ v3
        v1 ^= 0xdd
      }
    }
    return ((v1 ^ v3) & 0x1fffff) * 2 ** 32 + (low >>> 0)
  }
}
