import type { Logger } from 'pino'
import type { Reply, RequestContext } from '../context.ts'
import { type Problem, problem, type ValidationError } from '../errors.ts'
import type { Operation, ResponseDefinition } from '../model/operation.ts'
import { logged } from './logged.ts'
import { type MediaRange, parseMediaType } from './media-type.ts'
import { closest, memoize, negotiate } from './negotiation.ts'
import type { MessageTools } from './parameter.ts'
import { compileResponseContent, isBytes, type ResponseMedia, writeContent } from './response-content.ts'
import { type CheckHeaders, compileResponseHeaders } from './response-headers.ts'

export type Mode = 'off' | 'report' | 'enforce'

export interface CompiledResponses {
  /** Refuses what no declared response can satisfy (406), before anything is done; undefined when every request can be answered. */
  readonly before: ((context: RequestContext) => Problem | undefined) | undefined
  /** Chooses media type, validates and writes a reply in place; a refusal where `enforce` finds something wrong. */
  finish(context: RequestContext, reply: Reply): Problem | undefined
}

interface CompiledResponse {
  readonly contents: readonly ResponseMedia[]
  /** The content that a client gets by its `Accept`; the first when none is acceptable, because then nothing can be done any more. */
  readonly choose: (accept: string) => ResponseMedia | undefined
  readonly checkHeaders: CheckHeaders | undefined
}

/** Compiles the responses of an operation; a reply's is chosen by status, then range (`2XX`), then `default`. */
export function compileResponses(operation: Operation, tools: MessageTools & { log: Logger }, mode: Mode): CompiledResponses {
  // The document describes a task's result; that it was taken in is the gateway's own answer.
  const undescribed = operation.target === 'task' && !operation.responses.some(({ status }) => status === '202') ? 202 : undefined
  const faulty = problem('invalid_response')
  const validating = mode !== 'off'
  const responseFor = compileChoice(operation, tools)

  function judge(context: RequestContext, status: number, errors: readonly ValidationError[] | undefined): Problem | undefined {
    if (errors === undefined || errors.length === 0) return undefined
    tools.log.warn(
      { op: operation.id, request_id: context.requestId, status, errors: logged(errors) },
      'response differs from its description',
    )
    return mode === 'enforce' ? faulty : undefined
  }

  function finish(context: RequestContext, reply: Reply): Problem | undefined {
    if (reply.status === undescribed) return undefined
    const response = responseFor(reply.status)
    const content = response && chooseContent(reply, response, context.req.headers.accept)
    const found = validating ? findDifferences(context, reply, response, content) : undefined
    if (response !== undefined && response.contents.length > 1 && reply.headers?.['content-type'] === undefined)
      context.responseHeaders.push('vary', 'Accept')
    const inContent = writeContent(reply, content, validating)
    if (found === undefined && inContent === undefined) return undefined
    return judge(context, reply.status, [...(found ?? []), ...(inContent ?? [])])
  }

  return { before: operation.target === 'task' ? undefined : compileAcceptance(operation), finish }
}

/** By status, then by range (`2XX`), then `default`. */
function compileChoice(operation: Operation, tools: MessageTools): (status: number) => CompiledResponse | undefined {
  const byStatus = new Map<string, CompiledResponse>()
  for (const response of operation.responses) byStatus.set(response.status, compileResponse(response, operation, tools))
  const exact = new Map([...byStatus].map(([status, response]) => [Number(status), response]))
  const ranges = [1, 2, 3, 4, 5].map((digit) => byStatus.get(`${digit}XX`))
  const fallback = byStatus.get('default')
  return (status) => exact.get(status) ?? ranges[Math.floor(status / 100) - 1] ?? fallback
}

function compileResponse(response: ResponseDefinition, operation: Operation, tools: MessageTools): CompiledResponse {
  const contents = compileResponseContent(response, operation, tools)
  const media = contents.map((content) => content.media)
  const choose = memoize((accept: string) => {
    const chosen = negotiate(accept, media)
    return contents.find((content) => content.media === chosen) ?? contents[0]
  })
  return { contents, choose, checkHeaders: compileResponseHeaders(response, operation, tools) }
}

/** The declared content that a reply has: the one that its own `content-type` names, else the negotiated one. */
function chooseContent(reply: Reply, response: CompiledResponse, accept: string | undefined): ResponseMedia | undefined {
  const { contents, choose } = response
  const own = reply.headers?.['content-type']
  if (own !== undefined) {
    const media = parseMediaType(String(own))
    return media && closest(media, contents)
  }
  return contents.length < 2 || accept === undefined ? contents[0] : choose(accept)
}

/** What is wrong with a reply besides its content. */
function findDifferences(
  { req }: RequestContext,
  reply: Reply,
  response: CompiledResponse | undefined,
  content: ResponseMedia | undefined,
): ValidationError[] | undefined {
  if (response === undefined)
    return [{ place: 'response', pointer: '', message: `has the status ${reply.status}, which is not declared` }]
  const errors = response.checkHeaders?.(reply)
  const { body } = reply
  // What an upstream says of an answer's head says nothing of a body.
  if (req.method === 'HEAD' && isBytes(body)) return errors
  if (content !== undefined || body === undefined) {
    const missing = body === undefined && content !== undefined && reply.status !== 304
    return missing ? [...(errors ?? []), { place: 'response', pointer: '', message: 'has no body, but one is declared' }] : errors
  }
  const own = reply.headers?.['content-type']
  const what = own === undefined ? (isBytes(body) ? 'a body' : 'content') : `the media type ${String(own)}`
  return [
    ...(errors ?? []),
    { place: 'response', pointer: '', message: `has ${what}, which is not declared for ${reply.status}` },
  ]
}

/** 406 is decided by what the successful responses declare; an operation with one that has no content can always answer. */
function compileAcceptance(operation: Operation): CompiledResponses['before'] {
  const successful = operation.responses.filter(({ status }) => status.startsWith('2'))
  const answers = successful.length > 0 ? successful : operation.responses.filter(({ status }) => status === 'default')
  if (answers.length === 0 || answers.some(({ content }) => content.length === 0)) return undefined
  const produced = answers.flatMap(({ content }) => content).flatMap(({ range }) => parseMediaType(range) ?? [])
  if (produced.length === 0) return undefined
  const refusal = problem('not_acceptable', { detail: `The answer can be ${nameAll(produced)}.` })
  const acceptable = memoize((accept: string) => negotiate(accept, produced) !== undefined)

  return function checkAccept(context) {
    const { accept } = context.req.headers
    return accept === undefined || accept === '*/*' || acceptable(accept) ? undefined : refusal
  }
}

function nameAll(media: readonly MediaRange[]): string {
  return [...new Set(media.map(({ essence }) => essence))].join(', ')
}
