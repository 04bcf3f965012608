import { escapePointer, isObject } from '../documents/document.ts'
import type { SecurityRequirement } from '../model/operation.ts'
import { toJsonSchema } from '../serve/schema-versions.ts'
import { TaskResource } from '../tasks/resource.ts'
import { TaskEvent } from '../tasks/states.ts'
import { asyncSecurity } from './asyncapi-security.ts'
import { collectSchemas } from './collect-schemas.ts'
import { type ClientMessageName, clientMessages, SocketRefusal } from './messages.ts'

export interface AsyncApiInput {
  /** The OpenAPI document as it is served: results and security schemes are described there. */
  readonly openapi: Record<string, unknown>
  /** The result of each asynchronous operation as that document describes it, by operationId; undefined where it does not. */
  readonly results: ReadonlyMap<string, unknown>
  /** Who may connect. */
  readonly security: readonly SecurityRequirement[]
  /** Where Socket.IO is served. */
  readonly path: string
  /** Where the gateway is reached, for example `localhost:8000`. */
  readonly host: string
  /** Where the task routes are, for prose. */
  readonly tasksPath: string
  /** Whether Socket.IO takes no other transport than WebSocket. */
  readonly webSocketOnly: boolean
}

type Json = Record<string, unknown>

const ref = (pointer: string): Json => ({ $ref: `#/${pointer}` })

/** The live events of tasks as an AsyncAPI 3 document, made of the schemas that the socket checks its messages with. */
export function asyncApiDocument(input: AsyncApiInput): Json {
  const { openapi, path, host, tasksPath, webSocketOnly } = input
  const info = isObject(openapi.info) ? openapi.info : {}
  const names = Object.keys(clientMessages) as ClientMessageName[]
  const { schemas, tasks } = taskSchemas(input)
  const { schemes, requirements } = asyncSecurity(input.security, openapi)
  return {
    asyncapi: '3.0.0',
    info: {
      title: `${String(info.title ?? 'API')}: live events of tasks`,
      version: String(info.version ?? '1'),
      description: description(tasksPath),
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: '{host}',
        pathname: path,
        protocol: 'socket.io',
        protocolVersion: '5',
        description: `Socket.IO 4${webSocketOnly ? ", over WebSocket only: `transports: ['websocket']`" : ''}; the handshake carries \`auth: { token }\`, or what the HTTP API takes.`,
        variables: { host: { default: host, description: 'Where the gateway is reached.' } },
        ...(requirements.length > 0 && { security: requirements }),
      },
    },
    channels: {
      tasks: {
        address: '/',
        title: 'Tasks',
        description: "Socket.IO's default namespace.",
        servers: [ref('servers/gateway')],
        messages: Object.fromEntries(
          [...names, ...names.map(answerName), 'task:event'].map((name) => [
            idOf(name),
            ref(`components/messages/${idOf(name)}`),
          ]),
        ),
      },
    },
    operations: {
      ...Object.fromEntries(names.map((name) => [idOf(name), clientOperation(name)])),
      [idOf('task:event')]: eventOperation,
    },
    components: {
      messages: {
        ...Object.fromEntries(names.flatMap((name) => messagePair(name, tasks))),
        [idOf('task:event')]: {
          name: 'task:event',
          title: 'task:event',
          summary: 'A watched task has changed, or its handler reported something.',
          payload: ref('components/schemas/TaskEvent'),
        },
      },
      schemas: { ...schemas, TaskEvent, Refusal: SocketRefusal },
      ...(requirements.length > 0 && { securitySchemes: schemes }),
    },
  }
}

function description(tasksPath: string): string {
  return [
    'Status, progress and log lines of tasks, pushed over Socket.IO. Any `socket.io-client` of version 4 will do.',
    'Each message of the client is acknowledged: `{ ok: true, … }`, or `{ ok: false, error }`. A client that reconnects, to any process, names the last `seq` that it has and misses nothing.',
    `A handshake that is refused fires \`connect_error\` with the refusal in \`error.data\`. A connection ends when its token does. The same events are served over HTTP at \`${tasksPath}/{task_id}/events\`.`,
  ].join('\n\n')
}

/** `task:watch` → `taskWatch`: ids in documents have no colons. */
function idOf(name: string): string {
  return name.replaceAll(/:(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function answerName(name: string): string {
  return `${name}:answer`
}

function clientOperation(name: ClientMessageName): Json {
  const { summary, description } = clientMessages[name]
  return {
    action: 'receive',
    channel: ref('channels/tasks'),
    title: name,
    summary,
    description,
    messages: [ref(`channels/tasks/messages/${idOf(name)}`)],
    reply: { channel: ref('channels/tasks'), messages: [ref(`channels/tasks/messages/${idOf(answerName(name))}`)] },
  }
}

const eventOperation: Json = {
  action: 'send',
  channel: ref('channels/tasks'),
  title: 'task:event',
  summary: 'Events of watched tasks',
  messages: [ref(`channels/tasks/messages/${idOf('task:event')}`)],
}

/** What a client sends and what is acknowledged. */
function messagePair(name: ClientMessageName, tasks: Json): [string, Json][] {
  const { summary, message, answer } = clientMessages[name]
  const accepted = {
    ...answer,
    properties: { ok: { type: 'boolean', const: true }, ...withReferences(answer.properties, tasks) },
  }
  const refused = {
    type: 'object',
    required: ['ok', 'error'],
    properties: { ok: { type: 'boolean', const: false }, error: ref('components/schemas/Refusal') },
  }
  const required = ['ok', ...((answer as { required?: string[] }).required ?? [])]
  return [
    [idOf(name), { name, title: name, summary, payload: message }],
    [
      idOf(answerName(name)),
      {
        name: answerName(name),
        title: `Acknowledgement of ${name}`,
        summary: 'What the acknowledgement is called with.',
        payload: {
          oneOf: [
            { ...accepted, title: 'Accepted', required },
            { ...refused, title: 'Refused' },
          ],
        },
      },
    ],
  ]
}

/** Tasks and events, which are described once. */
function withReferences(properties: Json, tasks: Json): Json {
  const event = ref('components/schemas/TaskEvent')
  const known: Json = {
    task: tasks,
    tasks: { type: 'array', items: tasks },
    events: { type: 'array', items: event, maxItems: 1000 },
  }
  return Object.fromEntries(Object.keys(properties).map((name) => [name, known[name] ?? properties[name]]))
}

/** A task of each operation, its result described by the operation's 200 response, and whatever schemas that refers to. */
function taskSchemas({ openapi, results }: AsyncApiInput): { schemas: Json; tasks: Json } {
  const collected = collectSchemas(openapi)
  const perOperation = [...results].map(([id, result]) => {
    const described = result === undefined ? {} : (toJsonSchema(collected.copy(result)) as Json)
    const { properties } = TaskResource
    const nullable = { title: 'Result', description: 'Null until there is one.', anyOf: [described, { type: 'null' }] }
    const own = { operation: { ...properties.operation, const: id }, result: nullable }
    return [
      collected.freeName(`Task of ${id}`),
      { ...TaskResource, title: `Task of ${id}`, properties: { ...properties, ...own } },
    ] as const
  })
  const references = perOperation.map(([name]) => ref(`components/schemas/${escapePointer(name)}`))
  const tasks = references.length === 1 ? (references[0] as Json) : { title: 'Task', oneOf: references }
  const schemas = Object.fromEntries([...collected.schemas].map(([name, schema]) => [name, toJsonSchema(schema)]))
  return { schemas: { ...schemas, ...Object.fromEntries(perOperation) }, tasks }
}
