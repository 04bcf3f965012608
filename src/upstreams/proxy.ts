import type { CompileTools } from '../compile/tools.ts'
import { parseSize } from '../config/units.ts'
import type { Outcome, RequestContext } from '../context.ts'
import { Problem, problem } from '../errors.ts'
import { isJson, parseMediaType } from '../messages/media-type.ts'
import type { Operation } from '../model/operation.ts'
import { signalOf } from '../serve/abort.ts'
import { type AnswerOptions, compileAnswer } from './answer.ts'
import { type Failed, failureOf } from './attempt.ts'
import { compileCalls, isRepeatable } from './calls.ts'
import { compilePath } from './path.ts'
import { compileQuery } from './query.ts'
import { BodyMeter, checkedBody, streamedBody } from './request-body.ts'
import { compileRequestHeaders } from './request-headers.ts'
import { compileResponseHeaders } from './response-headers.ts'
import type { UpstreamSettings } from './schema.ts'
import { compileSender } from './sender.ts'

/** Compiles what passes requests of an operation on to `url`, at the path `template` below it, and the answers back. */
export function compileProxy(
  config: UpstreamSettings,
  url: URL,
  template: string,
  operation: Operation,
  tools: CompileTools,
): (context: RequestContext) => Promise<Outcome> {
  const { upstreams } = tools.services
  const checked = operation.settings.has('validate')
  const check = jsonCheck(operation)
  const { expand } = compilePath(url.pathname.replace(/\/$/, ''), template, operation.path)
  const queryOf = compileQuery(operation, config.forward.query, upstreams.credentials.query, tools)
  const bodyOf = checked ? checkedBody : streamedBody(operation, parseSize(config.maxRequest ?? tools.config.server.bodyLimit))
  const headersOf = compileRequestHeaders({
    config,
    trustProxy: tools.config.server.trustProxy,
    credentials: upstreams.credentials.headers,
    verbatimBody: !checked,
    plainAnswer: check !== 'off',
    traced: tools.tracing !== undefined,
  })
  const breaker = config.breaker ? upstreams.breaker(operation.id, config.breaker) : undefined
  const call = compileCalls(config, breaker)
  const send = compileSender({ config, url, template, operation, tools })
  const keyed = operation.parameters.some((header) => header.in === 'header' && header.name.toLowerCase() === 'idempotency-key')
  const warn = warnings(operation, url, tools)
  const passOn = compileAnswer({
    headersOf: compileResponseHeaders(operation),
    check,
    limit: config.maxResponse === undefined ? Number.POSITIVE_INFINITY : parseSize(config.maxResponse),
    refuse(context, reason) {
      warn(context, `the upstream did not give a usable answer: ${reason}`)
      return problem('bad_gateway')
    },
    unchecked: (context, reason) => warn(context, `the answer of the upstream was not checked: ${reason}`),
  })

  function refuse(context: RequestContext, { failure, error }: Failed): Outcome {
    if (failure === 'open') {
      const wait = Math.max(1, Math.ceil((breaker?.remaining() ?? 0) / 1000))
      return problem('unavailable', {
        detail: `The upstream keeps failing, so it is not asked; try again in ${wait} s.`,
        headers: { 'retry-after': String(wait) },
      })
    }
    // Nobody is there any more to read it.
    if (failure === 'aborted') return problem('bad_gateway')
    warn(context, `the upstream did not answer: ${failure}`, error)
    return problem(failure === 'timeout' ? 'gateway_timeout' : 'bad_gateway')
  }

  return async function proxy(context) {
    const path = expand(context)
    if (path instanceof Problem) return path
    const query = queryOf(context.search)
    if (query instanceof Problem) return query
    const body = bodyOf(context)
    if (body instanceof Problem) return body
    const request = { method: context.req.method as string, path, query, headers: headersOf(context, body !== undefined), body }
    const repeatable = !(body instanceof BodyMeter) && isRepeatable(context, keyed)
    const signal = signalOf(context)
    const attempt = await call(repeatable, (resend) => send(context, request, signal, resend))
    if (attempt.response === undefined) {
      return (body instanceof BodyMeter ? body.refusal : undefined) ?? refuse(context, attempt)
    }
    try {
      return await passOn(context, attempt.response)
    } catch (error) {
      attempt.response.body.on('error', () => {}).destroy()
      return refuse(context, { failure: signal.aborted ? 'aborted' : failureOf(error), error })
    }
  }
}

/** Whether answers have JSON that the document describes, and what is to become of what differs. */
function jsonCheck({ settings, responses }: Operation): AnswerOptions['check'] {
  const described = responses.some(({ content }) =>
    content.some(({ range, schema }) => {
      const media = parseMediaType(range)
      return schema !== undefined && media !== undefined && (isJson(media) || media.subtype.startsWith('*'))
    }),
  )
  const validate = settings.get('validate')?.value as { response: AnswerOptions['check'] } | undefined
  return described ? (validate?.response ?? 'off') : 'off'
}

function warnings(operation: Operation, url: URL, { log }: CompileTools) {
  return function warn(context: RequestContext, message: string, error?: unknown): void {
    log.warn(
      { op: operation.id, request_id: context.requestId, upstream: url.origin, ...(error !== undefined && { err: error }) },
      message,
    )
  }
}
