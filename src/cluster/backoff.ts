/** Milliseconds: the first pause before a worker is started again, the longest, and how long one has to live to count as sound. */
const pause = { first: 100, longest: 10_000, sound: 10_000 }

/** How long to wait with the next start of a worker, by how long it lived: each one that dies young doubles the pause. */
export function restartPauses(): (livedMs: number) => number {
  let next = pause.first
  return function pauseAfter(livedMs) {
    if (livedMs >= pause.sound) next = pause.first
    const now = next
    next = Math.min(pause.longest, next * 2)
    return now
  }
}
