import Type from 'typebox'
import { Duration } from '../config/units.ts'

const closed = { additionalProperties: false } as const

const Backoff = Type.Object(
  {
    kind: Type.Optional(
      Type.Enum(['fixed', 'exponential'], {
        title: 'How the delay grows',
        description: 'exponential doubles it after every attempt.',
        default: 'fixed',
      }),
    ),
    delay: Type.Optional(Type.Unsafe<Duration>({ ...Duration, title: 'Delay before the second attempt', default: 0 })),
    max: Type.Optional(Type.Unsafe<Duration>({ ...Duration, title: 'Longest delay', default: '1h' })),
    jitter: Type.Optional(
      Type.Number({
        title: 'Jitter',
        description:
          'The share of each delay, 0 to 1, that is left to chance, so that tasks that failed together do not come back together.',
        minimum: 0,
        maximum: 1,
        default: 0,
      }),
    ),
  },
  { title: 'Backoff', description: 'How long a failed attempt waits for the next one.', ...closed },
)

const PerOwner = Type.Union(
  [
    Type.Integer({ minimum: 1, title: 'Running at once' }),
    Type.Object(
      {
        active: Type.Integer({ minimum: 1, title: 'Running at once' }),
        queued: Type.Optional(
          Type.Integer({ minimum: 1, title: 'Waiting at once', description: 'One more is refused with 429.', default: 1000 }),
        ),
      },
      { title: 'Limits of each owner', ...closed },
    ),
  ],
  {
    title: 'Limit of each owner',
    description: 'How many tasks of one caller run at once, over all processes; further ones wait.',
  },
)

const Schedule = Type.Union(
  [
    Type.String({ title: 'Cron expression' }),
    Type.Object(
      {
        cron: Type.String({ title: 'Cron expression' }),
        timezone: Type.Optional(Type.String({ title: 'IANA time zone', default: 'UTC' })),
      },
      { title: 'Schedule in a time zone', ...closed },
    ),
  ],
  {
    title: 'Schedule',
    description:
      'When to start a task without a caller: five cron fields (or six, with seconds first). One task a tick over all processes.',
    examples: ['*/5 * * * *'],
  },
)

/** The value of `task` in gateway.yaml: how an operation runs as a task. */
export const TaskSettings = Type.Object(
  {
    retries: Type.Optional(
      Type.Integer({ title: 'Retries', description: 'Attempts after the first.', minimum: 0, maximum: 1000, default: 2 }),
    ),
    backoff: Type.Optional(Backoff),
    delay: Type.Optional(Type.Unsafe<Duration>({ ...Duration, title: 'Delay before the first attempt', default: 0 })),
    timeout: Type.Optional(Type.Unsafe<Duration>({ ...Duration, title: 'Time for one attempt', default: '15m' })),
    priority: Type.Optional(
      Type.Integer({
        title: 'Priority',
        description: 'Tasks of a higher one start first.',
        minimum: -1000,
        maximum: 1000,
        default: 0,
      }),
    ),
    concurrency: Type.Optional(
      Type.Integer({
        title: 'Concurrency',
        description: 'How many run at once in each process.',
        minimum: 1,
        maximum: 1000,
        default: 10,
      }),
    ),
    perOwner: Type.Optional(PerOwner),
    maxQueued: Type.Optional(
      Type.Integer({ title: 'Longest queue', description: 'One more waiting task is refused with 503.', minimum: 1 }),
    ),
    deadLetter: Type.Optional(
      Type.String({
        title: 'Dead letter',
        description: 'The operationId of a task that gets the request and the error of every task that failed for good.',
      }),
    ),
    retention: Type.Optional(
      Type.Unsafe<Duration>({
        ...Duration,
        title: 'Retention',
        description: 'How long a finished task is kept; `tasks.retention` when absent.',
      }),
    ),
    schedule: Type.Optional(Schedule),
    visibleTo: Type.Optional(
      Type.Array(Type.String(), {
        title: 'Visible to',
        description: 'Roles that may see and cancel tasks of others.',
        uniqueItems: true,
      }),
    ),
  },
  { title: 'Task', description: 'Runs the operation as a durable task: it answers 202 at once.', ...closed },
)
export type TaskSettings = Type.Static<typeof TaskSettings>
