/** What time it is, for everything that is decided by the time of day: validity of credentials, windows of limits, schedules. */
export interface Clock {
  /** Milliseconds since the epoch. Needs no receiver, so that whoever asks often can keep the function. */
  readonly now: () => number
  /**
   * Calls `work` once when the time has come, or at once when it has passed; gives a function that calls it off. A promise that `work`
   * gives never rejects; only clocks that are set by hand wait for it.
   */
  at(time: number, work: () => unknown): () => void
}

/** The longest wait of one timer, in milliseconds: clocks are set and machines sleep, and timers hold no more than 24 days. */
const longestWait = 60_000

/** The clock of this machine. */
export const systemClock: Clock = {
  // Asked anew each time: tests replace `Date.now`.
  now: () => Date.now(),
  at(time, work) {
    let timer: NodeJS.Timeout
    const wait = () => {
      const left = time - Date.now()
      // A timer may be a millisecond early, and is looked at again then.
      if (left <= 0) work()
      else timer = setTimeout(wait, Math.min(left, longestWait))
    }
    timer = setTimeout(wait, Math.max(0, Math.min(time - Date.now(), longestWait)))
    return () => clearTimeout(timer)
  },
}
