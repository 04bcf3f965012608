/** Values of keys that were asked for lately. */
export interface RecentKeys<Value> {
  /** How many keys are held. */
  readonly size: number
  /** `time` is now, in milliseconds. */
  get(key: string, time: number): Value | undefined
  set(key: string, value: Value): void
  /** Lets go of the keys that were quiet for longest. */
  forget(): void
}

/** How many new keys pass between two calls of `grown`. */
const stride = 1000

/**
 * Two generations of keys: those that are asked for move into the young one, and from time to time the young one becomes the old
 * one, which is dropped as a whole. So forgetting costs nothing, whatever the number of keys. A key is held for `life` milliseconds after
 * it was last asked for, unless more than `most` other keys come up meanwhile. `grown` is called as keys are added.
 */
export function createRecentKeys<Value>(life: number, most: number, grown: () => void): RecentKeys<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let turnedAt = Number.NEGATIVE_INFINITY
  let askedAt = turnedAt
  let untold = 0

  function forget(): void {
    old = young
    young = new Map()
    turnedAt = askedAt
  }

  return {
    get size() {
      return young.size + old.size
    },
    get(key, time) {
      askedAt = time
      // A clock that was set back must not make keys immortal.
      if (time - turnedAt >= life || time < turnedAt) forget()
      const value = young.get(key)
      if (value !== undefined || old.size === 0) return value
      const held = old.get(key)
      if (held !== undefined) {
        old.delete(key)
        young.set(key, held)
      }
      return held
    },
    set(key, value) {
      young.set(key, value)
      if (young.size >= most) forget()
      if (++untold < stride) return
      untold = 0
      grown()
    },
    forget,
  }
}
