import Type from 'typebox'
import { Duration } from '../config/units.ts'

const closed = { additionalProperties: false } as const
const duration = (title: string, description: string, preset: string) => ({ ...Duration, title, description, default: preset })

const Backoff = Type.Object(
  {
    kind: Type.Enum(['fixed', 'exponential'], {
      title: 'Kind',
      description: 'exponential doubles the delay after every attempt.',
      default: 'fixed',
    }),
    delay: duration('Delay', 'Between the first attempt and the second.', '0s'),
    max: duration('Longest delay', 'What exponential growth ends at.', '1h'),
    jitter: Type.Number({
      title: 'Jitter',
      description:
        'The share of each delay that is left to chance, so that tasks which failed together do not come back together.',
      minimum: 0,
      maximum: 1,
      default: 0,
    }),
  },
  { title: 'Backoff', description: 'How long a failed attempt waits for the next one.', default: {}, ...closed },
)

const PerOwner = Type.Object(
  {
    active: Type.Integer({ title: 'Running', description: 'Further tasks of the caller wait.', examples: [2], minimum: 1 }),
    queued: Type.Integer({ title: 'Waiting', description: 'One more is refused with 429.', minimum: 1, default: 1000 }),
  },
  { title: 'Running and waiting', description: 'How many tasks of one caller run and wait at once.', ...closed },
)

const Schedule = Type.Object(
  {
    cron: Type.String({ title: 'Cron', description: 'The cron expression.', examples: ['*/5 * * * *'], minLength: 1 }),
    timezone: Type.String({ title: 'Time zone', description: 'Its name in the IANA database.', default: 'UTC', minLength: 1 }),
  },
  { title: 'Cron in a time zone', description: 'A schedule by the clocks of a place.', ...closed },
)

/** The value of `task` in gateway.yaml: how an operation runs as a task. */
export const TaskSettings = Type.Object(
  {
    retries: Type.Integer({
      title: 'Retries',
      description: 'Attempts after the first. The end of a process costs one too.',
      minimum: 0,
      maximum: 1000,
      default: 2,
    }),
    backoff: Backoff,
    delay: duration('Delay', 'How long a task waits before its first attempt.', '0s'),
    timeout: duration('Timeout', 'How long one attempt may take.', '15m'),
    priority: Type.Integer({
      title: 'Priority',
      description: "The operation's tasks with the higher one start first.",
      minimum: -1000,
      maximum: 1000,
      default: 0,
    }),
    concurrency: Type.Integer({
      title: 'Concurrency',
      description: 'How many run at once in each process.',
      minimum: 1,
      maximum: 1000,
      default: 10,
    }),
    perOwner: Type.Optional(
      Type.Union([Type.Integer({ title: 'Running', description: 'Further tasks of the caller wait.', minimum: 1 }), PerOwner], {
        title: 'Per owner',
        description: 'How many tasks of one caller run at once, over all processes. Never exceeded.',
        examples: [2, { active: 2, queued: 50 }],
      }),
    ),
    maxQueued: Type.Optional(
      Type.Integer({
        title: 'Longest queue',
        description: 'One more waiting task is refused with 503.',
        examples: [10_000],
        minimum: 1,
      }),
    ),
    deadLetter: Type.Optional(
      Type.String({
        title: 'Dead letter',
        description: 'The operationId of a task that gets the request and the error of every task that failed for good.',
        examples: ['reportFailure'],
        minLength: 1,
      }),
    ),
    retention: Type.Optional({
      ...Duration,
      title: 'Retention',
      description: 'How long a finished task is kept; tasks.retention when absent.',
      examples: ['30d'],
    }),
    schedule: Type.Optional(
      Type.Union([Type.String({ title: 'Cron', description: 'A cron expression, by UTC.', minLength: 1 }), Schedule], {
        title: 'Schedule',
        description:
          'When a task starts without a caller: five cron fields, or six with seconds first. One task each time, over all processes.',
        examples: ['*/5 * * * *', { cron: '0 7 * * 1-5', timezone: 'Europe/Zurich' }],
      }),
    ),
    visibleTo: Type.Array(Type.String({ minLength: 1 }), {
      title: 'Visible to',
      description: 'Roles that may see, cancel and retry the tasks of others.',
      examples: [['support']],
      default: [],
      uniqueItems: true,
    }),
  },
  { title: 'Task', description: 'Runs the operation as a durable task: it answers 202 at once.', ...closed },
)
export type TaskSettings = Type.Static<typeof TaskSettings>
