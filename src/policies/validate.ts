import Type, { type Static } from 'typebox'
import { isPromise } from '../compile/pipeline.ts'
import type { CompileTools } from '../compile/tools.ts'
import { parseSize, parseTimeout, Size } from '../config/units.ts'
import { Reply, type RequestContext } from '../context.ts'
import { Problem, type ProblemCode, problem, type ValidationError } from '../errors.ts'
import { type BodyResult, compileBody } from '../messages/body.ts'
import { expectSchemas } from '../messages/expected-schemas.ts'
import { lazy } from '../messages/lazy.ts'
import { logged } from '../messages/logged.ts'
import { compileParameters } from '../messages/parameters.ts'
import { compileResponses } from '../messages/responses.ts'
import type { Operation } from '../model/operation.ts'
import { definePolicy, type StepResult } from './policy.ts'

const Mode = (title: string, description: string, preset: 'enforce' | 'report') =>
  Type.Enum(['off', 'report', 'enforce'], { title, description, default: preset })

const Validation = Type.Object(
  {
    request: Mode(
      'Requests',
      'What happens to requests that differ from the document: nothing (off), a log line (report), or 422 (enforce).',
      'enforce',
    ),
    response: Mode(
      'Responses',
      'What happens to responses that differ from the document: nothing (off), a log line (report), or 500 (enforce).',
      'report',
    ),
    bodyLimit: Type.Optional({
      ...Size,
      title: 'Body limit',
      description: 'The largest body of the operation; server.bodyLimit when absent.',
      examples: ['64kb', '10mb'],
    }),
    partLimit: Type.Integer({
      title: 'Part limit',
      description: 'How many parts a multipart body may have.',
      minimum: 1,
      default: 100,
    }),
  },
  {
    title: 'Validation',
    description: 'Checks requests and responses against the OpenAPI document.',
    additionalProperties: false,
  },
)

type ValidateConfig = Static<typeof Validation>

/**
 * `validate: { request: enforce, response: report }`: decodes parameters and body as the document describes them and checks them;
 * writes replies in the declared media type and checks those. `off` and `report` still decode; what cannot be decoded is refused in every mode.
 */
export const validate = definePolicy({
  name: 'validate',
  schema: Validation,
  default: {},
  refuses(config, { body, parameters }) {
    const findings: ProblemCode[] = config.request === 'enforce' && (body || parameters.length > 0) ? ['validation_failed'] : []
    return body === undefined ? findings : [...findings, 'malformed_request', 'payload_too_large', 'unsupported_media_type']
  },
  compile(config, operation, tools) {
    expectSchemas(operation, tools.schemas)
    // Most operations of a large document are called long after the boot, or never.
    const messages = lazy(() => compileMessages(config, operation, tools))
    return {
      ...(isDescribed(operation) && { before: (context) => messages().before(context) }),
      after: (context, outcome) => (outcome instanceof Reply ? messages().finish(context, outcome) : undefined),
    }
  },
})

/** Whether there is anything that a request could differ from. */
function isDescribed({ path, parameters, body, responses }: Operation): boolean {
  return path.includes('{') || parameters.length > 0 || body !== undefined || responses.some(({ content }) => content.length > 0)
}

/** What the policy does with the messages of one operation. */
interface Messages {
  before(context: RequestContext): StepResult | Promise<StepResult>
  finish(context: RequestContext, reply: Reply): StepResult
}

function compileMessages(config: ValidateConfig, operation: Operation, tools: CompileTools): Messages {
  const { log } = tools
  const { server } = tools.config
  const limits = {
    size: parseSize(config.bodyLimit ?? server.bodyLimit),
    time: parseTimeout(server.requestTimeout),
    parts: config.partLimit,
  }
  const { before: checkAccept, finish } = compileResponses(operation, tools, config.response)
  const decodeParameters = compileParameters(operation, tools)
  const decodeBody = compileBody(operation, tools, limits)

  function decide(context: RequestContext, errors: readonly ValidationError[] | undefined): StepResult {
    if (errors === undefined || config.request === 'off') return undefined
    if (config.request === 'enforce') return problem('validation_failed', { errors })
    log.warn({ op: operation.id, request_id: context.requestId, errors: logged(errors) }, 'request differs from its description')
    return undefined
  }

  function join(context: RequestContext, inParameters: ValidationError[] | undefined, inBody: BodyResult): StepResult {
    if (inBody instanceof Problem) return inBody
    return decide(
      context,
      inParameters === undefined || inBody === undefined ? (inParameters ?? inBody) : [...inParameters, ...inBody],
    )
  }

  function before(context: RequestContext): StepResult | Promise<StepResult> {
    const refused = checkAccept?.(context)
    if (refused !== undefined) return refused
    const inParameters = decodeParameters?.(context)
    if (inParameters instanceof Problem) return inParameters
    if (decodeBody === undefined) return decide(context, inParameters)
    const inBody = decodeBody(context)
    return isPromise(inBody) ? inBody.then((found) => join(context, inParameters, found)) : join(context, inParameters, inBody)
  }

  return { before, finish }
}
