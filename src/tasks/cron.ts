import { onDemand } from '../on-demand.ts'

const cronParser = onDemand<typeof import('cron-parser')>('cron-parser')

export interface Cron {
  /** Expression and time zone: two schedules of one text have the same moments. */
  readonly text: string
  /** The first moment of the schedule after `from`; undefined when there is none any more. */
  after(from: Date): Date | undefined
  /** The last moment of the schedule at or before `now`. */
  latest(now: Date): Date | undefined
}

/**
 * Reads a cron expression of five fields (minute to weekday) or six (seconds first) in an IANA time zone.
 * Gives what is wrong with it as text.
 */
export function parseCron(expression: string, timezone = 'UTC'): Cron | string {
  const fields = expression.trim().split(/\s+/).length
  if (!expression.startsWith('@') && fields !== 5 && fields !== 6) return `it has ${fields} fields, 5 or 6 are needed`
  if (!isTimezone(timezone)) return `"${timezone}" is no IANA time zone`
  const { CronExpressionParser } = cronParser()
  const parse = (currentDate: Date) => CronExpressionParser.parse(expression, { currentDate, tz: timezone })
  try {
    parse(new Date()).next()
  } catch (error) {
    return (error as Error).message
  }
  return {
    text: `${expression} ${timezone}`,
    after: (from) => moment(() => parse(from).next().toDate()),
    // One second later: `prev` gives moments before its start, and schedules are whole seconds.
    latest: (now) =>
      moment(() =>
        parse(new Date(Math.floor(now.getTime() / 1000) * 1000 + 1000))
          .prev()
          .toDate(),
      ),
  }
}

/** cron-parser throws when a schedule has no moment in that direction. */
function moment(find: () => Date): Date | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
