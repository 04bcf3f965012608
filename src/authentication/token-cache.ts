/** What is known of tokens, by the whole header that carries them; a bounded number of them. */
export interface TokenCache<Value> {
  get(header: string): Value | undefined
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
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let youngCharacters = 0

  function set(header: string, value: Value): void {
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
      set(header, held)
      return held
    },
    set,
    delete(header) {
      young.delete(header)
      old.delete(header)
    },
  }
}
