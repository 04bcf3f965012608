/** Watches over the pauses between the statements of a transaction. */
export interface IdleLimit {
  /** Rejects when a pause has lasted too long. */
  readonly exceeded: Promise<never>
  /** A statement begins. */
  busy(): void
  /** A statement has ended, or none has begun yet. */
  idle(): void
}

/**
 * Limits every pause to `limit` milliseconds. A transaction whose code waits for something else for ever would keep its session,
 * and the embedded database, which has no timeouts of its own, has only one.
 */
export function limitIdle(limit: number): IdleLimit {
  const { promise: exceeded, reject } = Promise.withResolvers<never>()
  exceeded.catch(() => {})
  let timer: NodeJS.Timeout
  const tooLong = () => reject(new Error(`the transaction was rolled back: it ran no statement for ${limit / 1000} s`))
  return {
    exceeded,
    busy() {
      clearTimeout(timer)
    },
    idle() {
      clearTimeout(timer)
      timer = setTimeout(tooLong, limit)
    },
  }
}
