import { format } from 'node:util'
import type { Logger } from 'pino'

export interface LogLine {
  level: string
  message: string
  fields?: Record<string, unknown>
}

/** Levels that reach the task's owner; the others are for whoever runs the gateway. */
const shown = ['info', 'warn', 'error', 'fatal'] as const

/**
 * The `context.log` of a task: writes where the gateway's own log goes, and calls `onLine` for every line from `info` up. Errors
 * among the fields stay in the gateway's log: their messages and stacks are internal.
 */
export function taskLog(log: Logger, onLine: (line: LogLine) => void): Logger {
  return watch(log.child({}), onLine)
}

function watch(log: Logger, onLine: (line: LogLine) => void): Logger {
  for (const level of shown) {
    const write = log[level] as (...args: unknown[]) => void
    log[level] = function watched(this: Logger, ...args: unknown[]) {
      write.apply(this, args)
      const line = toLine(level, args)
      if (line !== undefined) onLine(line)
    }
  }
  const makeChild = log.child as unknown as (...args: unknown[]) => Logger
  log.child = function child(this: Logger, ...args: unknown[]) {
    const made = makeChild.apply(this, args)
    // A child has its parent as prototype, and methods of its own only with a level of its own.
    return Object.hasOwn(made, 'info') ? watch(made, onLine) : made
  } as unknown as Logger['child']
  return log
}

function toLine(level: string, args: readonly unknown[]): LogLine | undefined {
  const [first, ...rest] = args
  if (typeof first === 'string') return { level, message: format(first, ...rest) }
  const message = typeof rest[0] === 'string' ? format(...rest) : ''
  const fields = plainFields(first)
  if (message === '' && fields === undefined) return undefined
  return { level, message, ...(fields && { fields }) }
}

function plainFields(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Error) return undefined
  const kept = Object.entries(value).filter(([, field]) => !(field instanceof Error))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
