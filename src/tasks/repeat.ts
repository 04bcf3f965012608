/**
 * Does `work` every `interval` milliseconds, never two at once; the first time after one interval. Gives a function that ends it and
 * resolves when nothing of it runs any more.
 */
export function repeat(work: () => Promise<void>, interval: number, onError: (error: unknown) => void): () => Promise<void> {
  let ended = false
  let running: Promise<void> = Promise.resolve()
  let timer = setTimeout(turn, interval)

  function turn(): void {
    running = work()
      .catch(onError)
      .then(() => {
        if (!ended) timer = setTimeout(turn, interval)
      })
  }

  return () => {
    ended = true
    clearTimeout(timer)
    return running
  }
}
