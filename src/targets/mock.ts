import { setTimeout } from 'node:timers/promises'
import Type from 'typebox'
import type { CompileTools } from '../compile/tools.ts'
import { Duration, parseTimeout } from '../config/units.ts'
import { list } from '../config/words.ts'
import { type Outcome, Reply, type RequestContext } from '../context.ts'
import { problem } from '../errors.ts'
import type { Operation } from '../model/operation.ts'
import { signalOf } from '../serve/abort.ts'
import { mockResponses } from './mock-responses.ts'
import { readPreferences, showPreference } from './prefer.ts'
import { defineTarget } from './target.ts'

/**
 * Answers from the document: its examples first, else a value made from the schema, always one that the schema accepts.
 * `Prefer: code=404`, `Prefer: example=name` and `Prefer: dynamic=true` (RFC 7240) choose another answer.
 */
export const mock = defineTarget({
  name: 'mock',
  schema: Type.Union(
    [
      Type.Boolean(),
      Type.Object(
        {
          delay: Type.Optional({
            ...Duration,
            title: 'Delay',
            description: 'How long each answer takes, to see what a slow API does to its clients.',
          }),
          status: Type.Optional(
            Type.Integer({
              title: 'Status',
              description: 'The declared response to answer with; the first success when absent.',
              examples: [404],
              minimum: 200,
              maximum: 599,
            }),
          ),
        },
        { additionalProperties: false, title: 'Mock with options', description: 'Answered late, or with another response.' },
      ),
    ],
    {
      title: 'Mock',
      description: 'The operation is answered from the examples and schemas of its document.',
      examples: [true, { delay: '200ms', status: 404 }],
    },
  ),
  compile(config, operation, tools) {
    const { delay, status } = typeof config === 'object' ? config : {}
    const ms = delay === undefined ? 0 : parseTimeout(delay)
    const responses = mockResponses(operation, tools)
    if (status !== undefined && !responses.has(status)) reportStatus(status, responses.declared, operation, tools)

    return async function answerFromDocument(context): Promise<Outcome> {
      const preferences = readPreferences(context.req.headers.prefer)
      const code = preferences.get('code')
      const example = preferences.get('example')
      const dynamic = example === undefined && (preferences.get('dynamic') ?? 'false') !== 'false'
      if (code !== undefined && !/^[2-5]\d\d$/.test(code)) return badCode(code)
      const wanted = code === undefined ? status : Number(code)
      const outcome = await responses.answer({ status: wanted, example, accept: context.req.headers.accept, dynamic })
      if (ms > 0) await pause(ms, context)
      if (outcome instanceof Reply) applied(context, code, example, dynamic)
      return outcome
    }
  },
})

function reportStatus(status: number, declared: readonly string[], operation: Operation, { diagnostics }: CompileTools): void {
  const setting = operation.settings.get('mock')
  diagnostics.error(
    'wrong-value',
    setting?.origins.get('/status')?.at ?? setting?.node ?? operation.node,
    `mock.status is ${status}, but operation '${operation.id}' declares no response for it`,
    declared.length === 0 ? 'Declare the response in the OpenAPI document.' : `Declared are ${list(declared)}.`,
  )
}

function badCode(code: string): Outcome {
  const message = `asks for the code ${JSON.stringify(code)}; it must be a status from 200 to 599`
  return problem('validation_failed', { errors: [{ place: 'header', pointer: '/prefer', message }] })
}

/** Ends early when the client leaves: nobody waits for the answer then. */
async function pause(ms: number, context: RequestContext): Promise<void> {
  await setTimeout(ms, undefined, { signal: signalOf(context) }).catch(() => {})
}

/** RFC 7240 section 3: says which preferences were heeded. */
function applied(context: RequestContext, code: string | undefined, example: string | undefined, dynamic: boolean): void {
  const names = [
    ...(code === undefined ? [] : [showPreference('code', code)]),
    ...(example === undefined ? [] : [showPreference('example', example)]),
    ...(dynamic ? ['dynamic=true'] : []),
  ]
  if (names.length > 0) context.setHeader('preference-applied', names.join(', '))
}
