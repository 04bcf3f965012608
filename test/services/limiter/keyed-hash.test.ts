import t from 'tap'
import { createKeyedHash } from '../../../src/services/limiter/keyed-hash.ts'

type State = [number, number, number, number]

/** HalfSipHash-c-d as its paper's reference describes it, of bytes, with 64 bits of output. */
function reference(key: Uint8Array, bytes: Uint8Array, c: number, d: number): bigint {
  const word = (from: Uint8Array, at: number) => new DataView(from.buffer, from.byteOffset).getUint32(at, true)
  const rotate = (value: number, by: number) => ((value << by) | (value >>> (32 - by))) >>> 0
  const state: State = [word(key, 0), word(key, 4) ^ 0xee, 0x6c796765 ^ word(key, 0), 0x74656462 ^ word(key, 4)]
  function rounds(times: number): void {
    for (let i = 0; i < times; i++) {
      let [v0, v1, v2, v3] = state
      v0 += v1
      v1 = rotate(v1, 5) ^ v0
      v0 = rotate(v0, 16)
      v2 += v3
      v3 = rotate(v3, 8) ^ v2
      v0 += v3
      v3 = rotate(v3, 7) ^ v0
      v2 += v1
      v1 = rotate(v1, 13) ^ v2
      v2 = rotate(v2, 16)
      state.splice(0, 4, v0, v1, v2, v3)
    }
  }
  const padded = new Uint8Array((bytes.length & ~3) + 4)
  padded.set(bytes)
  padded[padded.length - 1] = bytes.length
  for (let at = 0; at < padded.length; at += 4) {
    state[3] ^= word(padded, at)
    rounds(c)
    state[0] ^= word(padded, at)
  }
  state[2] ^= 0xee
  rounds(d)
  const low = (state[1] ^ state[3]) >>> 0
  state[1] ^= 0xdd
  rounds(d)
  return (BigInt((state[1] ^ state[3]) >>> 0) << 32n) | BigInt(low)
}

const key = Uint8Array.from({ length: 8 }, (_, i) => i)
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'))

t.test("the reference here gives the vectors of the authors' own", (t) => {
  const vectors = [0xc83cb8b9591f8d21n, 0x157338f8122455ben]
  for (const [length, vector] of vectors.entries())
    t.equal(
      reference(
        key,
        Uint8Array.from({ length }, (_, i) => i),
        2,
        4,
      ),
      vector,
    )
  t.end()
})

t.test('texts of any length and any characters hash like it, less the highest bits', (t) => {
  const hash = createKeyedHash(key)
  const texts = ['', 'a', 'ab', 'abc', '@192.0.2.1', ':bearerAuth:Zoë 🦊', 'x'.repeat(64), '\ud800', '\uffff\uffff\uffff']
  for (const text of texts)
    t.equal(BigInt(hash(text)), reference(key, bytesOf(text), 1, 3) & (2n ** 53n - 1n), JSON.stringify(text))
  t.end()
})

t.test('every gateway hashes otherwise', (t) => {
  t.not(createKeyedHash()('a'), createKeyedHash()('a'))
  t.end()
})
