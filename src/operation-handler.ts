import type { Readable } from 'node:stream'
import type { HandlerContext, Principal, Reply } from './context.ts'
import type { Problem } from './errors.ts'
import type { Services } from './services/service.ts'

/**
 * What `gatefold types` says about one operation, as its handler sees it. A member that is absent says that there is nothing of the
 * kind: no declared query parameters, no body, …
 */
export interface OperationTypes {
  readonly params?: object
  readonly query?: object
  /** Declared header parameters by their declared names. */
  readonly headers?: object
  readonly cookies?: object
  /** The decoded body by media type; or undefined, where it may be left out. */
  readonly body?: object | undefined
  /** What a plain value that is returned must be: the body of the first 2xx response. */
  readonly result: unknown
  /** Bodies by status; `'4XX'` and `default` stand for the statuses that are not named. */
  readonly replies: object
  /** Declared response headers by status, names in lower case. */
  readonly replyHeaders?: object
  /** `required`: nobody gets here without credentials. */
  readonly caller: 'required' | 'optional'
  /** The data of progress reports, where the document describes it. */
  readonly progress?: unknown
}

/** The operations of a project by their ids. */
export type OperationsTypes<Operations> = { readonly [Id in keyof Operations]: OperationTypes }

type ServiceNames = readonly (keyof Services)[]

/**
 * The handler of one operation: its request and context are typed by the document, and so is what it may answer with. `Role` are the
 * names that gateway.yaml knows, `Uses` the services that the module's `uses` names.
 */
export type OperationHandler<
  Operations extends OperationsTypes<Operations>,
  Id extends keyof Operations,
  Role extends string = string,
  Uses extends ServiceNames = ServiceNames,
> = (
  request: OperationRequest<Operations, Id>,
  context: OperationContext<Operations, Id, Role, Uses>,
) => OperationResult<Operations, Id> | Promise<OperationResult<Operations, Id>>

/** What a handler may answer with: a plain value, or what `reply` and `problem` give. */
export type OperationResult<Operations extends OperationsTypes<Operations>, Id extends keyof Operations> =
  | Operations[Id]['result']
  | Reply
  | Problem

/** The decoded and validated request of an operation; `contentType` tells which of several bodies was sent. */
export type OperationRequest<Operations, Id extends keyof Operations> = {
  readonly method: string
  /** Path of the request as it was sent, without the query. */
  readonly path: string
  readonly params: Part<Operations[Id], 'params'>
  readonly query: Part<Operations[Id], 'query'>
  /** Declared header parameters by their declared names; all others by their lower-case names, as strings. */
  readonly headers: Part<Operations[Id], 'headers'> & { readonly [name: string]: string | undefined }
  readonly cookies: Part<Operations[Id], 'cookies'>
} & RequestContent<Part<Operations[Id], 'body', undefined>>

type Part<Types, Name extends string, Absent = object> = Name extends keyof Types ? Types[Name] : Absent

type RequestContent<Body> = Body extends undefined
  ? { readonly contentType: undefined; readonly body: undefined }
  : { [Media in keyof Body]: { readonly contentType: Essence<Media>; readonly body: Body[Media] } }[keyof Body]

/** A media range matches more than itself. */
type Essence<Media> = Media extends '*/*' ? string : Media extends `${infer Type}/*` ? `${Type}/${string}` : Media

/** What the handler of an operation gets besides the request. */
export interface OperationContext<
  Operations extends OperationsTypes<Operations>,
  Id extends keyof Operations,
  Role extends string = string,
  Uses extends ServiceNames = ServiceNames,
> extends Omit<HandlerContext, 'principal' | 'services' | 'reply' | 'progress'> {
  /** Undefined where the operation may be called without credentials, and was. */
  readonly principal: Caller<Operations[Id]['caller'], Principal<Role | (string & {})>>
  /** The services that the handler's module names in its export `uses`. */
  readonly services: Pick<Services, Uses[number]>
  /** An answer with one of the declared statuses; a plain value answers with the first 2xx status. */
  reply<Status extends StatusOf<Operations[Id]['replies']>>(status: Status, ...answer: Answer<Operations[Id], Status>): Reply
  /** Reports how far a task is (0 to 1) and what it does; does nothing in a synchronous operation. */
  progress(fraction: number, message?: string, data?: Part<Operations[Id], 'progress', unknown>): void
}

type Caller<Need, Known> = Need extends 'required' ? Known : Known | undefined

/** A body that is neither JSON nor a form nor text, as handlers get it. */
export type BodyBytes = Buffer

/** Bytes as handlers answer them: sent as they are. */
export type Bytes = Uint8Array | Readable

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'
type Range<First extends string> = `${First}${Digit}${Digit}` extends `${infer Status extends number}` ? Status : never

/** The statuses that a key of `responses` stands for. */
type StatusesOf<Key> = Key extends number
  ? Key
  : Key extends `${infer First}XX`
    ? Range<First>
    : Key extends 'default'
      ? Range<'2' | '3' | '4' | '5'>
      : never

type StatusOf<Replies> = StatusesOf<keyof Replies>

/** The key that describes a status: the status itself, then its range, then `default`. */
type KeyOf<Replies, Status> = Status extends keyof Replies
  ? Status
  : Status extends number
    ? `${Status}` extends `${infer First}${Digit}${Digit}`
      ? `${First}XX` extends keyof Replies
        ? `${First}XX`
        : 'default' & keyof Replies
      : never
    : never

type At<Holder, Key> = Key extends keyof Holder ? Holder[Key] : undefined

type Answer<Types extends OperationTypes, Status> = AnswerOf<
  At<Types['replies'], KeyOf<Types['replies'], Status>>,
  At<Part<Types, 'replyHeaders'>, KeyOf<Types['replies'], Status>>
>

/** Header fields by their names in lower case. */
type Fields = { readonly [name: string]: string | string[] }

type AnswerOf<Body, Declared> = object extends (Declared extends undefined ? object : Declared)
  ? undefined extends Body
    ? [body?: Body, headers?: HeadersOf<Declared>]
    : [body: Body, headers?: HeadersOf<Declared>]
  : [body: Body, headers: HeadersOf<Declared>]

type HeadersOf<Declared> = Declared extends undefined ? Fields : Declared & Fields
