import type { Report } from './log.ts'

/** Milliseconds between two writes of an attempt's progress, so about 4 a second; log lines are gathered for `gathering`. */
const pace = { progress: 250, gathering: 50 }
/** Log lines of one attempt that are kept; a handler that logs in a loop must not fill the database. */
const mostLines = 10_000
/** Characters of a message, and of the JSON of its data, that are kept. */
const longest = { message: 4096, data: 65_536 }

export interface Reporter {
  /** 0 to 1; reports in between two writes are replaced by the last. */
  progress(fraction: number, message?: string, data?: unknown): void
  line(data: { level: string; message: string; fields?: unknown }): void
  /** What has not been written, after the write in flight, for the statement that ends the attempt. Reports that come later are dropped. */
  close(): Promise<Report[]>
}

/**
 * Gathers what one attempt reports and writes it in order, one statement at a time. `append` gives false when the attempt
 * is not the one that runs any more; a write that fails is tried again with the next.
 */
export function createReporter(append: (reports: readonly Report[]) => Promise<boolean>, onLost: () => void): Reporter {
  let waiting: Report[] = []
  let progressAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let timerDue = Number.POSITIVE_INFINITY
  let writing: Promise<void> = Promise.resolve()
  let busy = false
  let closed = false
  let lines = 0

  function schedule(delay: number): void {
    const due = performance.now() + delay
    if (closed || busy || due >= timerDue) return
    clearTimeout(timer)
    timerDue = due
    timer = setTimeout(() => (writing = write()), delay)
  }

  async function write(): Promise<void> {
    timerDue = Number.POSITIVE_INFINITY
    const batch = waiting
    waiting = []
    if (batch.some(({ type }) => type === 'progress')) progressAt = performance.now()
    busy = true
    try {
      if (!(await append(batch))) onLost()
    } catch {
      waiting = merge(batch, waiting)
    }
    busy = false
    if (waiting.length > 0) schedule(waiting.some(({ type }) => type === 'log') ? pace.gathering : untilProgress())
  }

  function untilProgress(): number {
    return Math.max(0, progressAt + pace.progress - performance.now())
  }

  return {
    progress(fraction, message, data) {
      if (closed || !Number.isFinite(fraction)) return
      const report: Report = { type: 'progress', progress: Math.min(1, Math.max(0, fraction)), at: new Date() }
      if (message !== undefined) report.message = storable(message)
      if (data !== undefined) report.data = bounded(data)
      waiting = merge(waiting, [report])
      schedule(untilProgress())
    },
    line({ level, message, fields }) {
      if (closed || ++lines > mostLines) return
      const text = lines === mostLines ? `further lines are not kept: an attempt has at most ${mostLines}` : message
      const kept = fields === undefined ? undefined : bounded(fields)
      waiting.push({
        type: 'log',
        data: { level, message: storable(text), ...(kept !== undefined && { fields: kept }) },
        at: new Date(),
      })
      schedule(pace.gathering)
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await writing
      return waiting
    },
  }
}

/** Joins reports in order; of progress reports with no log line between them only the last is kept. */
export function merge(earlier: readonly Report[], later: readonly Report[]): Report[] {
  const joined = [...earlier]
  for (const report of later) {
    if (report.type === 'progress' && joined.at(-1)?.type === 'progress') joined[joined.length - 1] = report
    else joined.push(report)
  }
  return joined
}

/** Text that Postgres can keep: it has no NUL. */
function storable(text: string): string {
  return String(text).replaceAll('\0', '').slice(0, longest.message)
}

/** Data as JSON would carry it, or a note in its place when it can't be or is too large. */
function bounded(data: unknown): unknown {
  try {
    const text = JSON.stringify(data)
    if (text === undefined) return undefined
    return text.length > longest.data ? { omitted: `more than ${longest.data} characters` } : JSON.parse(text)
  } catch {
    return { omitted: 'not expressible as JSON' }
  }
}
