import Type, { type TObjectOptions, type TProperties, type TSchemaOptions } from 'typebox'
import { Duration, Size } from './units.ts'

/** A section: unknown keys are errors, and its keys have their defaults when the section is absent. */
function section<Properties extends TProperties>(properties: Properties, options: TObjectOptions) {
  return Type.Object(properties, { additionalProperties: false, default: {}, ...options })
}

/** How pino names members of a record: `a.b`, `a["b-c"]`, `a[*].b`. */
const redactionPath = (() => {
  const name = '[^.,\\[\\]"\']+'
  const bracket = '\\[(?:\\d+|\\*|"[^"]+"|\'[^\']+\')\\]'
  return `^(?:${name}|${bracket})(?:\\.${name}|${bracket})*$`
})()

/** A section that `false` switches off. */
function switchable<Properties extends TProperties>(
  properties: Properties,
  options: TSchemaOptions & { title: string; description: string },
) {
  const off = Type.Literal(false, { title: 'Off', description: 'Not served.' })
  return Type.Union([section(properties, options), off], { ...options, default: {} })
}

const duration = (title: string, description: string, preset: string) => ({ ...Duration, title, description, default: preset })
const size = (title: string, description: string, preset: string) => ({ ...Size, title, description, default: preset })
const urlPath = (description: string, preset: string) =>
  Type.String({ title: 'Path', description, default: preset, pattern: '^/[^\\s?#]*$', examples: [preset] })

export const Server = section(
  {
    host: Type.String({ title: 'Host', description: 'The address to listen on.', default: '0.0.0.0', minLength: 1 }),
    port: Type.Integer({
      title: 'Port',
      description: 'The port to listen on; 0 takes a free one.',
      default: 8000,
      minimum: 0,
      maximum: 65535,
    }),
    trustProxy: Type.Union(
      [
        Type.Literal(false, { title: 'No proxy', description: 'The peer of the connection is the client.' }),
        Type.Integer({
          title: 'Hops',
          description: 'How many proxies stand before the gateway, counted from the right.',
          minimum: 1,
          maximum: 16,
        }),
        Type.Array(Type.String({ minLength: 1 }), {
          title: 'Networks',
          description: 'Addresses and CIDR blocks of the proxies.',
          minItems: 1,
        }),
      ],
      {
        title: 'Trusted proxies',
        description: 'Whose X-Forwarded-For is believed.',
        default: false,
        examples: [1, ['10.0.0.0/8']],
      },
    ),
    bodyLimit: size('Body limit', 'The largest request body that is read; larger ones are refused with 413.', '1mb'),
    requestTimeout: duration('Request timeout', 'How long a request may take to arrive, headers and body.', '30s'),
    headersTimeout: duration('Headers timeout', 'How long the headers of a request may take to arrive.', '10s'),
    keepAliveTimeout: duration(
      'Keep-alive timeout',
      'How long an idle connection is kept; longer than the load balancer keeps it.',
      '65s',
    ),
    sendTimeout: duration(
      'Send timeout',
      'How long a client may take nothing of an answer that waits for it, before its connection is cut.',
      '60s',
    ),
    maxHeaderSize: size('Header limit', 'The largest header section of a request; larger ones are refused with 431.', '16kb'),
    drainDelay: duration(
      'Drain delay',
      'How long a process that is told to stop (SIGTERM) still takes requests, while /readyz answers 503 and every answer closes its connection; longer than load balancers need to notice.',
      '1s',
    ),
    shutdownTimeout: duration(
      'Shutdown timeout',
      'How long requests in flight may take to finish when the process is told to stop.',
      '25s',
    ),
  },
  { title: 'Server', description: 'Where the gateway listens, and its limits.' },
)

export const Database = section(
  {
    url: Type.String({
      title: 'URL',
      description: 'A Postgres connection URL. Empty: the embedded Postgres.',
      default: '',
      writeOnly: true,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of gateway.yaml
      examples: ['${DATABASE_URL:-}'],
    }),
    schema: Type.String({
      title: 'Schema',
      description: "The Postgres schema of the gateway's own tables.",
      default: 'gatefold',
      pattern: '^[a-z_][a-z0-9_]{0,47}$',
      examples: ['gatefold'],
    }),
    dataDir: Type.String({
      title: 'Data directory',
      description: 'Where the embedded Postgres and generated keys are kept.',
      default: './.gatefold',
      minLength: 1,
    }),
    migrations: Type.Optional(
      Type.String({
        title: 'Migrations',
        description: "A directory with the application's own .sql files, run once each in order of their names.",
        examples: ['./migrations'],
        minLength: 1,
      }),
    ),
    poolSize: Type.Integer({
      title: 'Pool size',
      description: 'The most connections to a Postgres of its own.',
      default: 10,
      minimum: 1,
      maximum: 1000,
    }),
  },
  { title: 'Database', description: 'Where tasks, jobs and the application keep their data.' },
)

export const Redis = section(
  {
    url: Type.String({
      title: 'URL',
      description: 'A Redis connection URL. Empty: limits are kept in this process.',
      default: '',
      writeOnly: true,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of gateway.yaml
      examples: ['${REDIS_URL:-}'],
    }),
    onFailure: Type.Optional(
      Type.Enum(['open', 'closed'], {
        title: 'On failure',
        description:
          'What limits do while Redis is away: open admits without counting, closed answers 503. Absent: limits by ip are closed, since guessing passwords is what they hold off, and the others open.',
        examples: ['closed'],
      }),
    ),
    timeout: duration('Timeout', 'How long a request waits for Redis before it counts as away.', '150ms'),
    prefix: Type.String({
      title: 'Prefix',
      description: 'Begins the name of every key; gateways that share a Redis and not their limits need their own.',
      default: 'gatefold',
      pattern: '^[A-Za-z0-9_.:{}-]{1,64}$',
      examples: ['gatefold'],
    }),
  },
  { title: 'Redis', description: 'Where several processes share their limits.' },
)

export const Log = section(
  {
    level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      title: 'Level',
      description: 'The least important level that is written.',
      default: 'info',
    }),
    format: Type.Enum(['auto', 'json', 'pretty'], {
      title: 'Format',
      description: 'auto: for people on a terminal, else JSON lines.',
      default: 'auto',
    }),
    file: Type.Optional(
      Type.String({
        title: 'File',
        description: 'The file to write to; absent: standard output.',
        examples: ['./gatefold.log'],
        minLength: 1,
      }),
    ),
    requests: Type.Boolean({ title: 'Requests', description: 'Whether each request is logged.', default: true }),
    redact: Type.Array(
      Type.String({ pattern: redactionPath, examples: ['body.card.number', 'headers["x-key"]', 'items[*].pin'] }),
      {
        title: 'Redact',
        description: 'Further paths whose values never reach the log; credentials never do.',
        default: [],
        examples: [['body.card.number']],
      },
    ),
  },
  { title: 'Log', description: 'What is written about each request, and where.' },
)

export const Docs = switchable(
  {
    path: urlPath('Where the pages are served, below the base path.', '/docs'),
    ui: Type.Enum(['scalar', 'swagger'], { title: 'UI', description: 'Which page shows the API.', default: 'scalar' }),
  },
  { title: 'Docs', description: 'The documentation pages of the API.' },
)

export const HealthSection = switchable(
  { path: urlPath('Where the state is served, below the base path.', '/health') },
  { title: 'Health', description: 'The state of the gateway and its services.' },
)

export const Tasks = section(
  {
    path: urlPath('Where tasks are served, below the base path.', '/tasks'),
    retention: duration('Retention', 'How long a finished task is kept.', '7d'),
    resultLimit: size(
      'Result limit',
      'The largest result that a task may have, as JSON; with a larger one it fails and is not tried again.',
      '16mb',
    ),
  },
  { title: 'Tasks', description: 'Runs of asynchronous operations.' },
)

export const Realtime = section(
  {
    path: urlPath('Where Socket.IO is served, at the root.', '/ws'),
    origins: Type.Array(Type.String({ minLength: 1 }), {
      title: 'Origins',
      description: 'Origins whose pages may connect; "*" allows every origin.',
      default: [],
      examples: [['http://localhost:3000']],
    }),
    connections: Type.Integer({
      title: 'Connections',
      description: 'How many connections one caller may have to each process.',
      default: 256,
      minimum: 1,
    }),
    watches: Type.Integer({
      title: 'Watches',
      description: 'How many tasks one connection may watch at once.',
      default: 1000,
      minimum: 1,
    }),
  },
  { title: 'Realtime', description: 'Live events of tasks over Socket.IO.' },
)
