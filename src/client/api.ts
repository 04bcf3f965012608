import type { ApiProblem } from './problem.ts'
import type { Task, TaskClient, TaskEvent, TaskRun } from './task.ts'

/**
 * What `gatefold types` says about one operation, as clients call it. A member that is absent says that there is nothing of the kind.
 */
export interface ApiOperation {
  readonly params?: object
  readonly query?: object
  readonly headers?: object
  readonly cookies?: object
  /** By media type, the usual one first; or undefined, where the body may be left out. */
  readonly body?: object | undefined
  /** The usual media type of the body. */
  readonly content?: string
  /** Bodies of 2xx answers; the result, where the operation runs as a task. */
  readonly data: unknown
  /** Bodies of refusals, as the document describes them. */
  readonly errors: unknown
  /** The operation runs as a task, whose progress reports carry this data. */
  readonly task?: { readonly progress: unknown }
}

/** The operations of an API by name. */
export type ApiOperations<Api> = { readonly [Id in keyof Api]: ApiOperation }

/** How one operation is called: method and path, and what differs from how most are called. */
export interface Route {
  /** For example `GET /api/v1/agents/{name}`. */
  readonly at: string
  /** The usual media type of its body, where that is not JSON. */
  readonly body?: string
  /** Styles of parameters that are not their place's usual one: `query filter` is `deepObject`; `*` stands for `explode`. */
  readonly styles?: { readonly [parameter: string]: string }
  readonly task?: true
}

/** What a client needs to know about an API at run time; `gatefold types` writes it beside the types. */
export interface ApiDefinition<Api> {
  readonly operations: { readonly [Id in keyof Api]: string | Route }
  /** Where tasks are found, for example `/api/v1/tasks`. */
  readonly tasks: string
  /** Where Socket.IO is served. */
  readonly realtime: string
  /** Carries the types; never there. */
  readonly api?: Api
}

/** What came of a call: `data`, or else `error`. Nothing is thrown for refusals, broken connections or calls that were cancelled. */
export type Result<Data, Errors = unknown> =
  | { readonly data: Data; readonly error: undefined; readonly response: Response }
  | { readonly data: undefined; readonly error: ApiProblem<Errors>; readonly response: Response | undefined }

/** What may be said with every call. */
export interface CallOptions {
  /** Ends the call; a task is cancelled. */
  readonly signal?: AbortSignal | undefined
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What may be said with a call that becomes a task. */
export interface TaskOptions<Progress> extends CallOptions {
  /** The same key and request are the same task, however often they are sent; a new one is made when absent. */
  readonly idempotencyKey?: string | undefined
  /** Called for every report of the handler. */
  readonly onProgress?:
    | ((report: { readonly progress: number; readonly message?: string; readonly data?: Progress }) => void)
    | undefined
  /** Called for every event: changes of state, progress, log lines. */
  readonly onEvent?: ((event: TaskEvent<Progress>) => void) | undefined
}

/** Every operation as one typed call by its name, and `tasks` for the tasks that are known by their ids. */
export type Client<Api extends ApiOperations<Api>> = {
  readonly [Id in keyof Api]: Api[Id] extends { task: { progress: infer Progress } }
    ? (...call: Call<Api[Id], TaskOptions<Progress>>) => TaskRun<Api[Id]['data'], Progress, Api[Id]['errors']>
    : (...call: Call<Api[Id], CallOptions>) => Promise<Result<Api[Id]['data'], Api[Id]['errors']>>
} & { readonly tasks: TaskClient<Api> }

/** The arguments of a call; what is said about the request may be left out when nothing in it is needed. */
type Call<Operation, Options> =
  object extends Input<Operation> ? [input?: Input<Operation>, options?: Options] : [input: Input<Operation>, options?: Options]

/** What is said about a request: its parameters by place, and its body. */
export type Input<Operation> = Place<Operation, 'params'> &
  Place<Operation, 'query'> &
  Place<Operation, 'headers'> &
  Place<Operation, 'cookies'> &
  BodyInput<Operation>

type Place<Operation, Name extends string> = Name extends keyof Operation
  ? object extends Operation[Name]
    ? { readonly [Key in Name]?: Operation[Name] }
    : { readonly [Key in Name]: Operation[Name] }
  : unknown

type BodyInput<Operation> = Operation extends { body: infer Body; content: infer Usual }
  ? undefined extends Body
    ? Content<NonNullable<Body>, Usual> | { readonly contentType?: undefined; readonly body?: undefined }
    : Content<Body, Usual>
  : unknown

/** The media type is only said where it is not the usual one. */
type Content<Body, Usual> = {
  [Media in keyof Body]: Media extends Usual
    ? { readonly contentType?: Media; readonly body: Body[Media] }
    : { readonly contentType: Concrete<Media>; readonly body: Body[Media] }
}[keyof Body]

type Concrete<Media> = Media extends '*/*' ? string : Media extends `${infer Type}/*` ? `${Type}/${string}` : Media

/** The names of the operations that run as tasks. */
export type TaskOperation<Api> = { [Id in keyof Api]: Api[Id] extends { task: object } ? Id : never }[keyof Api]

/** The data of progress reports: of one operation, or of any. */
export type ProgressOf<Api, Id extends keyof Api = keyof Api> = {
  [One in Id]: Api[One] extends { task: { progress: infer Progress } } ? Progress : never
}[Id]

export type DataOf<Api, Id extends keyof Api> = Api[Id] extends { data: infer Data } ? Data : never

export type ErrorsOf<Api, Id extends keyof Api> = Api[Id] extends { errors: infer Errors } ? Errors : never

/** A refusal of a socket message. */
export interface SocketRefusal {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail?: string
}

type Ack<Content> = (answer: ({ readonly ok: true } & Content) | { readonly ok: false; readonly error: SocketRefusal }) => void

/** What a client of the live events sends: `Socket<ServerToClientEvents, ClientToServerEvents>` of the generated file. */
export interface TaskMessages<Api> {
  /** Everything behind event `after` in the answer (or, when that is much, behind it as `task:event`), then each new event. */
  'task:watch': (
    message: { readonly task_id: string; readonly after?: number },
    ack: Ack<{ readonly task: Task<Api>; readonly events: readonly TaskEvent<ProgressOf<Api>>[] }>,
  ) => void
  'task:unwatch': (message: { readonly task_id: string }, ack?: Ack<object>) => void
  /** All of one's own tasks: those that have not ended in the answer; `after` names the last event that the client has, by task. */
  'tasks:watch': (
    message: { readonly after?: Readonly<Record<string, number>> },
    ack: Ack<{ readonly tasks: readonly Task<Api>[] }>,
  ) => void
  'tasks:unwatch': (message: object, ack?: Ack<object>) => void
}

/** What a client of the live events receives. */
export interface TaskEvents<Api> {
  'task:event': (event: TaskEvent<ProgressOf<Api>>) => void
}
