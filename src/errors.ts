/**
 * The catalogue of problems: everything that Gatefold itself may answer instead of an operation's own response.
 * Each entry is one `code`; `type` is derived from it. Sent as `application/problem+json` (RFC 9457).
 */
export const problems = {
  malformed_request: { status: 400, title: 'The request is not well-formed HTTP or not decodable' },
  validation_failed: { status: 422, title: 'The request does not match the API description' },
  unauthenticated: { status: 401, title: 'Authentication is required' },
  invalid_credentials: { status: 401, title: 'The credentials are not valid' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  not_found: { status: 404, title: 'Nothing is found here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  not_acceptable: { status: 406, title: 'None of the acceptable media types can be produced' },
  conflict: { status: 409, title: 'The request conflicts with the current state' },
  payload_too_large: { status: 413, title: 'The body is larger than allowed' },
  unsupported_media_type: { status: 415, title: 'The media type of the body is not supported' },
  expectation_failed: { status: 417, title: 'The server cannot do what the request expects' },
  headers_too_large: { status: 431, title: 'The header fields are too large' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used with another request' },
  idempotency_in_flight: { status: 409, title: 'A request with this idempotency key is still being processed' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong on the server' },
  invalid_response: { status: 500, title: 'The server produced a response that its API description forbids' },
  not_implemented: { status: 501, title: 'This is not implemented' },
  unavailable: { status: 503, title: 'A service that is needed is not available' },
  authentication_unavailable: { status: 503, title: 'The keys that verify credentials are not available' },
  overloaded: { status: 503, title: 'The server is at its limit' },
  bad_gateway: { status: 502, title: 'The upstream did not give a usable answer' },
  gateway_timeout: { status: 504, title: 'The upstream did not answer in time' },
  timeout: { status: 504, title: 'The operation did not finish in time' },
} as const satisfies Record<string, { status: number; title: string }>

/** A code of the catalogue. */
export type ProblemCode = keyof typeof problems

/** One finding about one part of a request (or response). */
export interface ValidationError {
  /** The part of the message: where the value came from. */
  place: 'path' | 'query' | 'header' | 'cookie' | 'body' | 'response'
  /** JSON pointer (RFC 6901) into that part: `/limit` for the query parameter `limit`, `''` for the whole body. */
  pointer: string
  /** What is wrong, in words, with what is allowed. */
  message: string
}

export interface ProblemOptions {
  /** Explains this occurrence to the caller; never holds anything internal. */
  detail?: string
  /** Needed for codes outside the catalogue; for those inside it the catalogue decides. */
  status?: number
  /** Title for codes outside the catalogue. */
  title?: string
  errors?: readonly ValidationError[]
  /** Response headers, for example `Retry-After`. Names in lower case. */
  headers?: Readonly<Record<string, string>>
  /** Extension members (RFC 9457 section 3.2). */
  extra?: Readonly<Record<string, unknown>>
}

/** A refusal as a value: policies and handlers return it (a handler may throw it too); it is not an `Error`. */
export class Problem {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string | undefined
  readonly errors: readonly ValidationError[] | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly extra: Readonly<Record<string, unknown>> | undefined

  constructor(code: string, status: number, title: string, options: ProblemOptions) {
    this.code = code
    this.status = status
    this.title = title
    this.detail = options.detail
    this.errors = options.errors
    this.headers = options.headers
    this.extra = options.extra
  }
}

/** A problem of the catalogue. */
export function problem(code: ProblemCode, options: ProblemOptions = {}): Problem {
  const entry = problems[code]
  return new Problem(code, entry.status, entry.title, options)
}

/**
 * A problem with a code of the application's own (`options.status` then decides; 400 when absent) or of the catalogue.
 * Throws for a status that is no error.
 */
export function applicationProblem(code: string, options: ProblemOptions = {}): Problem {
  if (Object.hasOwn(problems, code)) return problem(code as ProblemCode, options)
  const status = options.status ?? 400
  if (!(Number.isInteger(status) && status >= 400 && status <= 599))
    throw new RangeError(`the problem '${code}' cannot have the status ${String(status)}; use a whole number from 400 to 599`)
  const title = options.title ?? code.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase())
  return new Problem(code, status, title, options)
}
