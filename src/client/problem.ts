/** One finding of a validation. */
export interface Finding {
  readonly place: string
  /** JSON pointer (RFC 6901) into that part of the request. */
  readonly pointer: string
  readonly message: string
}

/** What is known about a refusal (RFC 9457). */
export interface ProblemFields {
  readonly code?: unknown
  readonly title?: unknown
  readonly detail?: unknown
  readonly status?: unknown
  readonly errors?: unknown
  readonly request_id?: unknown
}

/** Codes that the client itself gives. */
export type ClientCode =
  /** No answer came. */
  | 'network_error'
  /** The signal of the call was aborted, or the watching of a task was left. */
  | 'aborted'
  /** The task was cancelled. */
  | 'cancelled'
  /** An answer without a problem in it. */
  | 'http_error'

/**
 * Why a call gave no data: the problem that the server answered with, or what kept the client from an answer. An `Error`, so that it can be
 * thrown (`unwrap`).
 */
export class ApiProblem<Body = unknown> extends Error {
  override readonly name = 'ApiProblem'
  /** The kind of problem for programs: of the server's catalogue, of the application, or of the client. */
  readonly code: ClientCode | (string & {})
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number
  /** The kind of problem in words. */
  readonly title: string
  /** What was wrong this time. */
  readonly detail: string | undefined
  /** Every finding of a validation; empty for other problems. */
  readonly errors: readonly Finding[]
  /** Quote it when asking for help. */
  readonly requestId: string | undefined
  /** The body of the answer. */
  readonly body: Body | undefined

  constructor(status: number, fields: ProblemFields, body?: Body, cause?: unknown) {
    const title = text(fields.title) ?? `The server answered with status ${status}`
    const detail = text(fields.detail)
    const errors: readonly Finding[] = Array.isArray(fields.errors) ? fields.errors : []
    const found = errors.map(({ place, pointer, message }) => `${place} ${pointer} ${message}`).join('; ')
    super(detail?.startsWith(title) ? detail : [title, detail ?? found].filter(Boolean).join(': '), { cause })
    this.code = text(fields.code) ?? 'http_error'
    this.status = status
    this.title = title
    this.detail = detail
    this.errors = errors
    this.requestId = text(fields.request_id)
    this.body = body
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function networkError(cause: unknown, url: string): ApiProblem {
  return new ApiProblem(0, { code: 'network_error', title: 'No answer came', detail: url }, undefined, cause)
}

export function aborted(cause?: unknown): ApiProblem {
  return new ApiProblem(0, { code: 'aborted', title: 'The call was aborted' }, undefined, cause)
}
