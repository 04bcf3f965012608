import type { CompileTools } from '../compile/tools.ts'
import { Reply } from '../context.ts'
import { type Problem, problem } from '../errors.ts'
import { negotiate } from '../messages/negotiation.ts'
import type { Operation, Parameter, ResponseDefinition } from '../model/operation.ts'
import { type MockContent, mockContent } from './mock-content.ts'
import { readExamples } from './mock-examples.ts'

/** What a request may choose of a mock's answers. */
export interface Choice {
  /** The status; undefined for the operation's first success. */
  readonly status: number | undefined
  /** The name of an example. */
  readonly example: string | undefined
  readonly accept: string | undefined
  /** Whether the body is made from the schema anew, whatever examples there are. */
  readonly dynamic: boolean
}

export interface MockResponses {
  /** The statuses that are declared, ranges and `default` included. */
  readonly declared: readonly string[]
  /** Whether a status is one of them. */
  has(status: number): boolean
  /** The answer to a choice; a refusal that names what there is when the choice is none. */
  answer(choice: Choice): Promise<Reply | Problem>
}

/** The responses of an operation as a mock gives them. Answers are made when first asked for and kept. */
export function mockResponses(operation: Operation, tools: CompileTools): MockResponses {
  const responses = new Map(operation.responses.map((response) => [response.status, mockResponse(response, operation, tools)]))

  function find(status: number | undefined): { response: MockResponse; status: number } | undefined {
    if (status === undefined) {
      const declared = firstSuccess([...responses.keys()])
      const response = declared === undefined ? undefined : responses.get(declared)
      return response && { response, status: concreteStatus(declared as string) }
    }
    const response = responses.get(String(status)) ?? responses.get(`${Math.floor(status / 100)}XX`) ?? responses.get('default')
    return response && { response, status }
  }

  async function answer({ status, ...choice }: Choice): Promise<Reply | Problem> {
    const found = find(status)
    if (found === undefined && status === undefined) return new Reply(200)
    if (found === undefined) return unknownPreference('code', String(status), [...responses.keys()])
    return found.response(found.status, choice)
  }

  return { declared: [...responses.keys()], has: (status) => find(status) !== undefined, answer }
}

type MockResponse = (status: number, choice: Omit<Choice, 'status'>) => Promise<Reply | Problem>

function mockResponse(response: ResponseDefinition, operation: Operation, tools: CompileTools): MockResponse {
  const contents = response.content.flatMap((declared) => mockContent(declared, operation, tools) ?? [])
  const bodies = new Map<string, Promise<{ value: unknown } | undefined>>()
  let headers: Record<string, string> | undefined

  function bodyOf(content: MockContent, example: string | undefined): Promise<{ value: unknown } | undefined> {
    const key = `${content.contentType} ${example ?? ''}`
    const known = bodies.get(key) ?? content.body(example)
    bodies.set(key, known)
    return known
  }

  return async function reply(status, { example, accept, dynamic }) {
    headers ??= sampleHeaders(response, operation, tools)
    const content = chooseContent(contents, example, accept)
    const names = [...new Set(contents.flatMap(({ exampleNames }) => exampleNames))]
    if (example !== undefined && !content?.exampleNames.includes(example)) return unknownPreference('example', example, names)
    if (content === undefined) return new Reply(status, undefined, { ...headers })
    const body = (dynamic ? content.dynamicBody() : undefined) ?? (await bodyOf(content, example))
    if (body === undefined) return noBody(response.status, content, example)
    return new Reply(status, body.value, { ...headers, 'content-type': content.contentType })
  }
}

/** By `Accept`; of the types that have the wanted example, when there are any. An unacceptable one is better than none in an error. */
function chooseContent(
  contents: readonly MockContent[],
  example: string | undefined,
  accept: string | undefined,
): MockContent | undefined {
  const withExample = contents.filter(({ exampleNames }) => example !== undefined && exampleNames.includes(example))
  const offered = withExample.length > 0 ? withExample : contents
  if (accept === undefined || offered.length < 2) return offered[0]
  const media = negotiate(
    accept,
    offered.map((content) => content.media),
  )
  return offered.find((content) => content.media === media) ?? offered[0]
}

function noBody(status: string, { contentType }: MockContent, example: string | undefined): Problem {
  const detail =
    example === undefined
      ? `No value was found that the schema of the response ${status} (${contentType}) accepts. Give it an example.`
      : `The example ${JSON.stringify(example)} of the response ${status} (${contentType}) does not match its own schema.`
  return problem('not_implemented', { detail })
}

function unknownPreference(name: 'code' | 'example', value: string, known: readonly string[]): Problem {
  const what = name === 'code' ? `response ${value}` : `example ${JSON.stringify(value)}`
  const there = known.length === 0 ? 'none is declared' : `there is: ${known.join(', ')}`
  return problem('validation_failed', {
    errors: [
      { place: 'header', pointer: '/prefer', message: `asks by "${name}" for the ${what}, which does not exist; ${there}` },
    ],
  })
}

/** The first 2xx, then a range of success, then `default`, then whatever there is. */
function firstSuccess(declared: readonly string[]): string | undefined {
  return (
    declared.find((status) => /^2\d\d$/.test(status)) ??
    declared.find((status) => status === '2XX') ??
    declared.find((status) => status === 'default') ??
    declared.find((status) => !status.startsWith('1'))
  )
}

function concreteStatus(declared: string): number {
  if (declared === 'default') return 200
  return Number(declared.replace('XX', '00'))
}

/** The declared headers that must be there. A `content-type` among them means nothing (OpenAPI 3.1 section 4.8.17). */
function sampleHeaders(response: ResponseDefinition, operation: Operation, tools: CompileTools): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const header of response.headers) {
    const name = header.name.toLowerCase()
    if (!header.required || name === 'content-type') continue
    const value = sampleHeader(header, operation, tools)
    if (value !== undefined) headers[name] = value
  }
  return headers
}

function sampleHeader(header: Parameter, operation: Operation, tools: CompileTools): string | undefined {
  const { named, single } = readExamples(header.content?.node ?? header.node, tools.documents)
  const schema = header.schema ?? header.content?.schema
  const validate = schema && tools.schemas.validator(schema, operation.dialect, 'response')
  const examples = [...(single ? [single.value] : []), ...named.values()].filter((value) => validate?.(value) === undefined)
  const value = examples[0] ?? (schema && tools.schemas.sample(schema, operation.dialect, 'response'))
  if (value === undefined) return undefined
  const text = header.content === undefined ? simpleStyle(value, header.explode) : JSON.stringify(value)
  // What cannot stand in a header field (RFC 9110 section 5.5) is percent-encoded.
  return text.replace(/[^\t\x20-\x7e]/gu, encodeURIComponent)
}

/** `style: simple` (RFC 6570 section 3.2.2), the only one of headers. */
function simpleStyle(value: unknown, explode: boolean): string {
  if (Array.isArray(value)) return value.map(String).join(',')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, member]) => (explode ? `${name}=${String(member)}` : `${name},${String(member)}`))
    .join(',')
}
