import type { CompileTools } from '../compile/tools.ts'
import { parseDuration, parseSize, parseTimeout } from '../config/units.ts'
import { child, type Located } from '../documents/document.ts'
import type { Operation } from '../model/operation.ts'
import { type Cron, parseCron } from './cron.ts'
import type { TaskOptions } from './definition.ts'
import type { TaskSettings } from './schema.ts'

/** Waiting tasks of one owner where `perOwner` is only a number. */
const queuedPerOwner = 1000

/** The settings of a task with times in milliseconds; what cannot work is reported where it stands. */
export function taskOptions(settings: TaskSettings, operation: Operation, tools: CompileTools): TaskOptions {
  const { backoff, perOwner, retention } = settings
  return {
    retries: settings.retries,
    backoff: { ...backoff, delay: parseDuration(backoff.delay), max: parseDuration(backoff.max) },
    delay: parseDuration(settings.delay),
    timeout: parseTimeout(settings.timeout),
    priority: settings.priority,
    concurrency: settings.concurrency,
    perOwner: typeof perOwner === 'number' ? { active: perOwner, queued: queuedPerOwner } : perOwner,
    maxQueued: settings.maxQueued,
    deadLetter: settings.deadLetter,
    retention: parseDuration(retention ?? tools.config.tasks.retention),
    resultLimit: parseSize(tools.config.tasks.resultLimit),
    schedule: settings.schedule === undefined ? undefined : readSchedule(settings.schedule, operation, tools),
    visibleTo: settings.visibleTo,
  }
}

/** Where a key of the operation's `task` was written. */
export function placeOf(operation: Operation, key?: string): Located {
  const node = operation.settings.get('task')?.node ?? operation.node
  return (key !== undefined && child(node, key)) || node
}

function readSchedule(
  schedule: NonNullable<TaskSettings['schedule']>,
  operation: Operation,
  tools: CompileTools,
): Cron | undefined {
  const { cron: expression, timezone } = typeof schedule === 'string' ? { cron: schedule, timezone: 'UTC' } : schedule
  const at = placeOf(operation, 'schedule')
  const cron = parseCron(expression, timezone)
  if (typeof cron === 'string') {
    tools.diagnostics.error(
      'invalid-schedule',
      at,
      `'${expression}' is no schedule: ${cron}`,
      "write minute, hour, day, month and weekday, for example '*/5 * * * *'",
    )
    return undefined
  }
  const needed = operation.parameters.find(({ required }) => required)?.name ?? (operation.body?.required ? 'a body' : undefined)
  if (needed === undefined) return cron
  tools.diagnostics.error(
    'schedule-without-request',
    at,
    `operation '${operation.id}' cannot run on a schedule: it requires ${needed}, and nobody sends it`,
    'make it optional, or schedule an operation of its own',
  )
  return undefined
}
