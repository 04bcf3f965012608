/** Whether all workers can go over to what they have read. */
export interface Vote {
  /** One can, or is gone; resolves when it is known of all. */
  yes(voter: number): Promise<boolean>
  /** One cannot: nobody does. True for the first that says so. */
  no(): boolean
}

export function openVote(voters: Iterable<number>): Vote {
  const missing = new Set(voters)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let refused = false
  return {
    yes(voter) {
      missing.delete(voter)
      if (missing.size === 0) resolve(true)
      return promise
    },
    no() {
      const isFirst = !refused
      refused = true
      resolve(false)
      return isFirst
    },
  }
}
