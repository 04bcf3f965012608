import { Type } from 'typebox'
import { type Agent, AgentFailure, defineTask, type Run } from './agent.ts'

const Parameters = Type.Object(
  {
    prompt: Type.String({ minLength: 1, maxLength: 200_000, description: 'What to ask.' }),
    system: Type.Optional(Type.String({ minLength: 1, maxLength: 50_000, description: 'How to answer.' })),
    temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
    max_tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  },
  { additionalProperties: false },
)
type Parameters = Type.Static<typeof Parameters>

const timeout = 90_000
/** Longer answers than any model gives are not kept in memory. */
const mostCharacters = 10_000_000

export const languageModel: Agent = {
  name: 'language_model',
  description: 'Asks the language model behind an OpenAI-compatible endpoint (OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL).',
  tasks: {
    complete: defineTask({
      description: 'One answer to one prompt.',
      parameters: Parameters,
      run: (parameters, run) => complete(parameters, run),
    }),
  },
}

interface Endpoint {
  url: string
  key: string | undefined
  model: string
}

async function complete(parameters: Parameters, run: Run) {
  const endpoint = configuredEndpoint()
  run.progress(0.1, `asking ${endpoint.model}`)
  const answer = await ask(endpoint, requestBody(parameters, endpoint.model), run)
  const text = answer.choices?.[0]?.message?.content
  if (typeof text !== 'string') throw new AgentFailure('the language model gave no answer')
  return {
    text,
    model: answer.model ?? endpoint.model,
    finish_reason: answer.choices?.[0]?.finish_reason ?? null,
    usage: answer.usage ?? null,
  }
}

function configuredEndpoint(): Endpoint {
  const { OPENAI_BASE_URL: base, OPENAI_API_KEY: key, OPENAI_MODEL: model } = process.env
  if (!base || !model)
    throw new AgentFailure(
      'no language model is configured: set OPENAI_BASE_URL and OPENAI_MODEL (and OPENAI_API_KEY) where the server runs',
    )
  return { url: `${base.replace(/\/+$/, '')}/chat/completions`, key: key || undefined, model }
}

function requestBody({ prompt, system, ...options }: Parameters, model: string) {
  const messages = [...(system === undefined ? [] : [{ role: 'system', content: system }]), { role: 'user', content: prompt }]
  return { model, messages, ...options }
}

/** The members of a chat completion that are used; whoever answers may have left any of them out. */
interface Completion {
  choices?: { message?: { content?: unknown }; finish_reason?: string }[]
  model?: string
  usage?: unknown
}

/** What the endpoint says about a failure stays here: it may quote the request, and with it the key. */
async function ask({ url, key, model }: Endpoint, body: object, run: Run): Promise<Completion> {
  const patience = AbortSignal.timeout(timeout)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([run.signal, patience]),
      // A redirect would carry the prompt to somebody who was not named.
      redirect: 'error',
    })
    if (!response.ok) {
      await response.body?.cancel()
      run.log.warn({ status: response.status, model }, 'the language model refused')
      throw new AgentFailure(`the language model answered with status ${response.status}`)
    }
    // What is JSON and no object has none of the members.
    return Object(JSON.parse(await readText(response))) as Completion
  } catch (error) {
    if (error instanceof AgentFailure) throw error
    run.signal.throwIfAborted()
    if (patience.aborted) throw new AgentFailure(`the language model did not answer within ${timeout / 1000} s`)
    run.log.warn({ err: error, model }, 'the language model could not be reached')
    throw new AgentFailure('the language model could not be reached, or did not answer in JSON')
  }
}

async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > mostCharacters)
      throw new AgentFailure(`the language model answered with more than ${mostCharacters} characters`)
  }
  return text + decoder.decode()
}
