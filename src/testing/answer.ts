import { isObject } from '../documents/document.ts'
import { parseMediaType } from '../messages/media-type.ts'

/** The body of a refusal (RFC 9457), as it was sent. */
export interface SentProblem {
  type: string
  title: string
  status: number
  detail?: string
  instance: string
  code: string
  request_id: string
  /** What a validation found: each with its place, JSON pointer and message. */
  errors?: { place: string; pointer: string; message: string }[]
  [member: string]: unknown
}

/** What was answered to a request. */
export interface Answer<Body = any> {
  readonly status: number
  readonly headers: Headers
  /** The body as text. */
  readonly text: string
  readonly bytes: Uint8Array
  /** The body, when it is JSON; undefined otherwise. */
  readonly body: Body
  /** The refusal, when it is one. */
  readonly problem: SentProblem | undefined
  /** The answer itself when it has this status; throws an Error that shows the request and what was answered otherwise. */
  expect(status: number): Answer<Body>
}

export function readAnswer(request: string, status: number, headers: Headers, bytes: Uint8Array): Answer {
  const text = new TextDecoder().decode(bytes)
  const type = parseMediaType(headers.get('content-type') ?? '')
  const isJson = type !== undefined && (type.essence === 'application/json' || type.suffix === 'json')
  const body = isJson ? parse(text) : undefined
  const problem = type?.essence === 'application/problem+json' && isObject(body) ? (body as unknown as SentProblem) : undefined
  const answer: Answer = {
    status,
    headers,
    text,
    bytes,
    body,
    problem,
    expect(wanted) {
      if (status === wanted) return answer
      throw new Error(`${request} was answered with ${status}, not ${wanted}: ${describe(answer)}`)
    },
  }
  return answer
}

/** Whatever says that it is JSON may be none. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What an answer says, for messages. */
export function describe({ problem, text }: Answer): string {
  if (problem === undefined) return text === '' ? '(no body)' : shortened(text)
  const { code, detail, errors = [] } = problem
  const findings = errors.map(({ place, pointer, message }) => `\n  ${place} ${pointer} ${message}`)
  return `${code}${detail === undefined ? '' : `: ${detail}`}${findings.join('')}`
}

function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}
