import type { Follower } from './follower.ts'
import { endsTask } from './states.ts'

/** The seconds of `Prefer: wait=N` (RFC 7240 section 4.3); undefined without it. */
export function readWait(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header.join(',') : header
  const found = text === undefined ? null : /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(text)
  return found === null ? undefined : Number(found[1])
}

/** Resolves true when the task ends after event number `after`, false when `ms` are over or the signal aborts before. */
export function untilEnd(follower: Follower, taskId: string, after: number, ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(false), ms)
    const left = () => finish(false)
    const unfollow = follower.follow(taskId, after, (events) => {
      if (events.some(endsTask)) finish(true)
    })
    signal.addEventListener('abort', left, { once: true })
    if (signal.aborted) left()

    function finish(ended: boolean): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', left)
      unfollow()
      resolve(ended)
    }
  })
}
