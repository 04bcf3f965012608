import type { Clock } from '../clock.ts'
import { type Duration, parseDuration } from '../config/units.ts'

/** A clock that a test sets. It runs like a real one until it is frozen. */
export interface TestClock extends Clock {
  /** Lets time pass at once: `'61s'`, or milliseconds. What was to happen meanwhile happens, in its order. */
  advance(duration: Duration): Promise<void>
  /** Sets the time, forwards or back: a date, its text, or milliseconds since the epoch. */
  set(time: Date | string | number): Promise<void>
  /** Stops it, so that a time that is read twice is the same; `advance` and `set` still move it. */
  freeze(): void
  /** Lets it run on from where it stands. */
  run(): void
}

interface Wait {
  readonly time: number
  readonly work: () => unknown
  timer?: NodeJS.Timeout
}

/** The longest wait of one timer, in milliseconds (2^31 - 1). */
const longestTimer = 2 ** 31 - 1

/** A clock that begins with the time of this machine; `onAdvance` is told how many milliseconds passed at once. */
export function createTestClock(onAdvance: (passed: number) => Promise<void>): TestClock {
  const waits = new Set<Wait>()
  let ahead = 0
  let frozenAt: number | undefined

  const now = () => frozenAt ?? Date.now() + ahead

  function jump(time: number): void {
    if (frozenAt === undefined) ahead = time - Date.now()
    else frozenAt = time
  }

  function arm(wait: Wait): void {
    clearTimeout(wait.timer)
    const left = wait.time - now()
    if (left <= 0) wait.timer = setTimeout(() => end(wait), 0)
    else if (frozenAt === undefined) wait.timer = setTimeout(() => arm(wait), Math.min(left, longestTimer))
  }

  function end(wait: Wait): unknown {
    callOff(wait)
    return wait.work()
  }

  function callOff(wait: Wait): void {
    clearTimeout(wait.timer)
    waits.delete(wait)
  }

  async function moveTo(time: number): Promise<void> {
    if (!Number.isFinite(time)) throw new RangeError('this is no time; give a Date, its text, or milliseconds since the epoch')
    const from = now()
    for (let next = earliest(waits); next !== undefined && next.time <= time; next = earliest(waits)) {
      jump(Math.max(now(), next.time))
      await end(next)
    }
    jump(time)
    for (const wait of waits) arm(wait)
    if (time > from) await onAdvance(time - from)
  }

  return {
    now,
    at(time, work) {
      const wait: Wait = { time, work }
      waits.add(wait)
      arm(wait)
      return () => callOff(wait)
    },
    advance: async (duration) => moveTo(now() + parseDuration(duration)),
    set: async (time) => moveTo(new Date(time).getTime()),
    freeze() {
      frozenAt ??= now()
      for (const wait of waits) arm(wait)
    },
    run() {
      if (frozenAt === undefined) return
      ahead = frozenAt - Date.now()
      frozenAt = undefined
      for (const wait of waits) arm(wait)
    },
  }
}

function earliest(waits: ReadonlySet<Wait>): Wait | undefined {
  let first: Wait | undefined
  for (const wait of waits) if (first === undefined || wait.time < first.time) first = wait
  return first
}
