/** What is known of tokens, by the whole header that carries them; a bounded number of them. */
export interface TokenCache<Value> {
  get(header: string): Value | undefined
  /** Keeps what was found out about a good token once it has come a second time: many are used for one request only. */
  set(header: string, value: Value): void
  delete(header: string): void
}

/** At most so many headers are held, and so many characters of them. */
export interface TokenCacheBounds {
  readonly entries: number
  readonly characters: number
}

/**
 * Two generations: what is used moves into the young one; when that has half of what is allowed it becomes the old one, which is
 * dropped as a whole. A header that is in use is found by one look-up, without a list of the order of use to keep.
 */
export function createTokenCache<Value>({ entries, characters }: TokenCacheBounds): TokenCache<Value> {
  const met = new Int32Array(marks)
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let youngCharacters = 0

  /** Whether a header was met lately; seldom by mistake, which only keeps it from its first use. */
  function isMetAgain(header: string): boolean {
    const mark = markOf(header)
    const place = mark & (marks - 1)
    if (met[place] === mark) return true
    met[place] = mark
    return false
  }

  function keep(header: string, value: Value): void {
    young.set(header, value)
    youngCharacters += header.length
    if (young.size < entries / 2 && youngCharacters < characters / 2) return
    old = young
    young = new Map()
    youngCharacters = 0
  }

  return {
    get(header) {
      const known = young.get(header)
      if (known !== undefined) return known
      const held = old.get(header)
      if (held === undefined) return undefined
      old.delete(header)
      keep(header, held)
      return held
    },
    set(header, value) {
      if (isMetAgain(header)) keep(header, value)
    },
    delete(header) {
      young.delete(header)
      old.delete(header)
    },
  }
}

/** A power of two, well above the headers that are in use at a time. */
const marks = 2 ** 16

/** The end of a good signature is as random as a hash of the whole would be. */
function markOf(header: string): number {
  let mark = 0
  for (let i = Math.max(0, header.length - 8); i < header.length; i++) mark = (Math.imul(mark, 61) + header.charCodeAt(i)) | 0
  return mark
}
