import type { ApiDefinition, ApiOperations, Client, Result, Route, TaskOptions } from './api.ts'
import type { ApiProblem } from './problem.ts'
import type { TaskClient } from './task.ts'
import { runTask, type TaskTools } from './task-run.ts'
import { createTransport, type Said, type Transport, type TransportOptions } from './transport.ts'
import type { Watcher } from './watch.ts'
import { createHttpWatcher } from './watch-http.ts'
import { type Connect, createSocketWatcher } from './watch-socket.ts'

export type {
  ApiDefinition,
  ApiOperation,
  CallOptions,
  Client,
  Input,
  Result,
  Route,
  TaskEvents,
  TaskMessages,
  TaskOptions,
} from './api.ts'
export { ApiProblem, type ClientCode, type Finding } from './problem.ts'
export type { Task, TaskClient, TaskError, TaskEvent, TaskOf, TaskRun, TaskState } from './task.ts'
export type { TokenSource, TransportOptions } from './transport.ts'
export type { Connect } from './watch-socket.ts'

export interface ClientOptions extends TransportOptions {
  /** `io` of socket.io-client: tasks are then followed over one WebSocket, else by server-sent events. */
  readonly io?: Connect | undefined
}

/**
 * A client of an API: every operation is one call by its name, which gives `{ data }` or `{ error }`. `definition` is what `gatefold types`
 * wrote beside the types. Runs in browsers and in Node.
 */
export function createClient<Api extends ApiOperations<Api>>(
  definition: ApiDefinition<Api>,
  options: ClientOptions = {},
): Client<Api> {
  const transport = createTransport(options)
  const tools: TaskTools = {
    transport,
    tasksPath: definition.tasks,
    watch: createWatcher(transport, definition.tasks, definition.realtime, options.io),
  }
  const calls: Record<string, unknown> = { tasks: taskClient(tools) }
  for (const [name, written] of Object.entries<string | Route>(definition.operations)) {
    const route = typeof written === 'string' ? { at: written } : written
    calls[name] = route.task === true ? taskCall(route, tools) : call(route, transport)
  }
  return calls as unknown as Client<Api>
}

/** The data of a call; throws its problem. For callers that expect rejections: `queryFn: () => unwrap(api.getMe())`. */
export async function unwrap<Data>(result: Result<Data> | PromiseLike<Result<Data>>): Promise<Data> {
  const { data, error } = await result
  if (error !== undefined) throw error satisfies ApiProblem
  return data
}

/** Methods that change nothing (RFC 9110 section 9.2.1) may be sent again when no answer came. */
function call(route: Route, transport: Transport) {
  const repeatable = /^(GET|HEAD|OPTIONS|QUERY) /.test(route.at)
  return (input?: Said, options: object = {}) => transport.send({ ...options, route, input, repeatable })
}

function taskCall(route: Route, tools: TaskTools) {
  return (input?: Said, options: TaskOptions<unknown> = {}) => {
    const { idempotencyKey = newKey(), headers } = options
    // One key for every time that this submission is sent, so that it is one task however often an answer is lost on the way. The signal
    // is left out: an aborted submission may have arrived, and then its task has to be cancelled.
    const submission = { route, input, repeatable: true, headers: { ...headers, 'idempotency-key': idempotencyKey } }
    return runTask(tools, () => tools.transport.send(submission), options)
  }
}

/** `crypto.randomUUID` is only there in secure contexts. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function taskClient<Api>(tools: TaskTools): TaskClient<Api> {
  const { transport, tasksPath } = tools
  const one = (method: string, end = '') => {
    const route = { at: `${method} ${tasksPath}/{task_id}${end}` }
    const repeatable = method !== 'POST'
    return (id: string, options: object = {}) =>
      transport.send({ ...options, route, repeatable, input: { params: { task_id: id } } })
  }
  const list = { at: `GET ${tasksPath}`, styles: { 'query status': 'form' } }
  const found = (id: string): Result<unknown> => ({ data: { task_id: id }, error: undefined, response: new Response() })
  return {
    get: one('GET'),
    cancel: one('DELETE'),
    retry: one('POST', '/retry'),
    list: (query: Record<string, unknown> = {}, options: object = {}) =>
      transport.send({ ...options, route: list, repeatable: true, input: { query } }),
    resume: (_operation: unknown, id: string, options: TaskOptions<unknown> = {}) =>
      runTask(tools, async () => found(id), options),
  } as unknown as TaskClient<Api>
}

/** Sockets first, where the application brings them; where they do not work, the event log over HTTP. */
function createWatcher(transport: Transport, tasks: string, realtime: string, io: Connect | undefined): Watcher {
  const overHttp = createHttpWatcher(transport, tasks)
  if (io === undefined) return overHttp
  const overSocket = createSocketWatcher(io, transport, realtime)
  return async function watchSomehow(watch) {
    try {
      await overSocket(watch)
    } catch (error) {
      if (watch.signal.aborted || (error instanceof Error && error.name === 'ApiProblem')) throw error
      await overHttp(watch)
    }
  }
}
