import type { Registry } from '../compile/registry.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { isObject, pointerTokens } from '../documents/document.ts'
import { type ProblemCode, problems } from '../errors.ts'
import type { Operation } from '../model/operation.ts'
import { TaskAccepted } from '../tasks/resource.ts'
import type { AddComponent, Reference } from './components.ts'
import {
  idempotencyKey,
  prefer,
  problemSchema,
  rateLimitHeaders,
  retryAfter,
  taskHeaders,
  wwwAuthenticate,
} from './described-parts.ts'

type Json = Record<string, unknown>

export interface DescribeTools {
  readonly registry: Registry
  readonly config: GatewayConfig
  /** The components of the document, for references in responses. */
  readonly components: Readonly<Record<string, Json>>
  readonly add: AddComponent
  /** `security` of the whole document. */
  readonly security: unknown
}

/** Adds to the description of an operation what its pipeline does and the document does not say; in place. */
export function describeOperation(described: Json, operation: Operation, tools: DescribeTools): void {
  const { access, settings, target } = operation
  const security = described.security ?? tools.security
  if (access.kind === 'public' && Array.isArray(security) && security.length > 0) described.security = []
  const responses: Json = isObject(described.responses) ? { ...described.responses } : {}
  described.responses = responses
  if (target === 'task') describeTask(described, responses, tools)
  describeRefusals(responses, operation, tools)
  if (settings.has('rateLimit')) describeLimits(responses, tools)
}

/** A task operation answers 202 at once, and takes headers that the document need not name. */
function describeTask(described: Json, responses: Json, { add }: DescribeTools): void {
  const given = Array.isArray(described.parameters) ? described.parameters : []
  const named = new Set(given.flatMap((parameter) => (isObject(parameter) ? [String(parameter.name).toLowerCase()] : [])))
  const headers = [prefer, idempotencyKey].filter(({ name }) => !named.has(name.toLowerCase()))
  described.parameters = [...given, ...headers.map((header) => add('parameters', header.name, header))]
  responses['202'] ??= {
    description: 'The task was taken in. It runs on; its status, its events and its result are found at these addresses.',
    headers: Object.fromEntries(Object.entries(taskHeaders).map(([name, header]) => [name, add('headers', name, header)])),
    content: { 'application/json': { schema: add('schemas', 'TaskAccepted', TaskAccepted) } },
  }
}

/** What the policies and the target may refuse with, by status; statuses that the document declares itself stand. */
function describeRefusals(responses: Json, operation: Operation, tools: DescribeTools): void {
  const { registry, config, add } = tools
  const codes = new Set<ProblemCode>()
  for (const { name, refuses } of [...registry.policies, ...registry.targets.filter(({ name }) => name === operation.target)]) {
    const setting = operation.settings.get(name)
    if (refuses === undefined || (setting === undefined && name !== 'authenticate')) continue
    for (const code of refuses(setting?.value as never, operation, config)) codes.add(code)
  }
  const byStatus = Map.groupBy(codes, (code) => problems[code].status)
  for (const [status, found] of [...byStatus].toSorted(([one], [other]) => one - other)) {
    if (responses[status] !== undefined || responses[`${Math.floor(status / 100)}XX`] !== undefined) continue
    responses[status] = problemResponse(found, status, add)
  }
  responses.default ??= add('responses', 'Problem', { ...anyProblem, content: problemContent(add) })
}

const anyProblem = { description: 'Any other refusal, or a fault of the server (RFC 9457).' }

function problemResponse(codes: readonly ProblemCode[], status: number, add: AddComponent): Reference {
  const lines = codes.map((code) =>
    codes.length === 1 ? `${problems[code].title} (\`${code}\`).` : `- \`${code}\`: ${problems[code].title}.`,
  )
  const headers = {
    ...(status === 401 && { 'WWW-Authenticate': add('headers', 'WWW-Authenticate', wwwAuthenticate) }),
    ...((status === 429 || status === 503) && { 'Retry-After': add('headers', 'Retry-After', retryAfter) }),
  }
  const response = {
    description: lines.join('\n'),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: problemContent(add),
  }
  return add('responses', `Problem${status}`, response)
}

function problemContent(add: AddComponent): Json {
  return { 'application/problem+json': { schema: add('schemas', 'Problem', problemSchema) } }
}

/** `RateLimit-Policy` and `RateLimit` stand on every answer; they are described where callers look: on success and on 429. */
function describeLimits(responses: Json, { add, components }: DescribeTools): void {
  for (const status of Object.keys(responses)) {
    if (!/^2(\d\d|XX)$/.test(status) && status !== '429') continue
    const response = resolve(responses[status], components)
    if (response === undefined) continue
    const ours = Object.entries(rateLimitHeaders).map(([name, header]) => [name, add('headers', name, header)])
    const declared = isObject(response.headers) ? response.headers : {}
    responses[status] = { ...response, headers: { ...Object.fromEntries(ours), ...declared } }
  }
}

/** What a response is, behind references into `components`. */
function resolve(response: unknown, components: Readonly<Record<string, Json>>): Json | undefined {
  let found: unknown = response
  for (let hops = 0; hops < 10 && isObject(found) && typeof found.$ref === 'string'; hops++) {
    const [place, section = '', name = ''] = pointerTokens(found.$ref.slice(1))
    found = place === 'components' ? components[section]?.[name] : undefined
  }
  return isObject(found) ? found : undefined
}
