import { fillDefaults } from '../config/defaults.ts'
import { checkSettings } from '../config/validate.ts'
import { problem } from '../errors.ts'
import { lazy } from '../messages/lazy.ts'
import type { Operation } from '../model/operation.ts'
import type { Policy, PolicyStep, Run } from '../policies/policy.ts'
import { compilePreflight } from '../policies/preflight.ts'
import { type Endpoint, otherMethods } from '../serve/listener.ts'
import type { Target } from '../targets/target.ts'
import { compilePipeline, logFault } from './pipeline.ts'
import type { Registry } from './registry.ts'
import { createRouter, type Route, type Router } from './router.ts'
import type { CompileTools } from './tools.ts'

/**
 * One pipeline per operation, in a router, with what the operations of a path imply: HEAD where there is GET (RFC 9110
 * section 9.3.2), OPTIONS, and 405 with `Allow` for the rest.
 */
export function compileEndpoints(operations: readonly Operation[], registry: Registry, tools: CompileTools): Router<Endpoint> {
  const router = createRouter<Endpoint>()
  for (const operation of operations) {
    const endpoint = compileEndpoint(operation, registry, tools)
    const added = router.add(operation.method, operation.path, endpoint)
    if (added && isRootOfServer(operation)) router.add(operation.method, operation.path.slice(0, -1), endpoint)
    if (!added) reportTaken(operation, router.routes, tools)
  }
  for (const route of router.routes) addImplied(route, registry, tools)
  return router
}

function reportTaken(operation: Operation, routes: readonly Route<Endpoint>[], { diagnostics }: CompileTools): void {
  const { method, path } = operation
  const shape = (template: string) => template.replace(/\{[^{}]*\}/g, '{}')
  const taker = routes.find(({ template }) => shape(template) === shape(path))?.methods.get(method)?.operation
  const by = taker?.document.locate(taker.node.pointer)
  const where = taker && by ? `the operation '${taker.id}' (${by.file}:${by.line})` : 'another operation'
  diagnostics.error(
    'duplicate-path',
    operation.node,
    `${method} ${path} is answered by ${where} already`,
    'Templates that differ only in the names of their variables are the same path; one of the two has to go.',
  )
}

/** The path `/` below a base path is the server's URL itself, which people write without the slash. */
function isRootOfServer({ path, node }: Operation): boolean {
  return path.length > 1 && path.endsWith('/') && node.pointer.startsWith('/paths/~1/')
}

function compileEndpoint(operation: Operation, registry: Registry, tools: CompileTools): Endpoint {
  const target = registry.targets.find(({ name }) => name === operation.target)
  if (target === undefined) throw new Error(`target ${operation.target} is not registered`)
  const run = compileTarget(target, operation, tools)
  const pipeline = compilePipeline(compilePolicies(registry.policies, operation, tools), run, logFault(tools.log))
  return { operation, pipeline: tools.tracing?.request(pipeline, operation.path) ?? pipeline }
}

/**
 * Settings that were refused are absent here, and reported. The target's defaults stand in for them where they suffice, so that
 * the rest of the operation is looked at all the same.
 */
function compileTarget(target: Target, operation: Operation, tools: CompileTools): Run {
  const { name, schema } = target
  const standIns = [{ value: true }, { value: fillDefaults(schema, {}) }]
  const setting = operation.settings.get(name) ?? standIns.find(({ value }) => checkSettings(schema, value).length === 0)
  if (setting !== undefined) return target.compile(setting.value as never, operation, tools)
  return () => {
    throw new Error(`the settings of ${name} were refused`)
  }
}

function compilePolicies(policies: readonly Policy[], operation: Operation, tools: CompileTools): PolicyStep[] {
  return policies.flatMap((policy) => {
    const setting = policy.always ? { value: {} } : operation.settings.get(policy.name)
    const middleware = setting && policy.compile(setting.value as never, operation, tools)
    if (middleware === undefined) return []
    const step = { ...middleware, policy: policy.name }
    return tools.tracing?.step(step) ?? step
  })
}

/** The policies that stand on answers which no operation gives: they are about the browser, not about the operation. */
const envelope = new Set(['securityHeaders', 'cors'])

/** Like `compileEnvelope`, compiled for the first request: of all the answers to methods that a path does not have, most are never asked for. */
function lateEnvelope(like: Operation, registry: Registry, tools: CompileTools, run: () => Run): Endpoint {
  const envelope = lazy(() => compileEnvelope(like, registry, tools, run()).pipeline)
  return { operation: like, pipeline: (context) => envelope()(context) }
}

/** A pipeline for answers of the gateway's own at the path of an operation, with its CORS and security headers. */
export function compileEnvelope(like: Operation, registry: Registry, tools: CompileTools, run: Run): Endpoint {
  const policies = registry.policies.filter(({ name }) => envelope.has(name))
  const pipeline = compilePipeline(compilePolicies(policies, like, tools), run, logFault(tools.log))
  return { operation: like, pipeline: tools.tracing?.request(pipeline) ?? pipeline }
}

function addImplied(route: Route<Endpoint>, registry: Registry, tools: CompileTools): void {
  const { methods } = route
  const get = methods.get('GET')
  if (get !== undefined && !methods.has('HEAD')) methods.set('HEAD', get)
  const first = (get ?? [...methods.values()][0]) as Endpoint
  const allow = [...new Set([...methods.keys(), 'OPTIONS'])].join(', ')
  const system = { ...first.operation, id: `${route.template} (implied)` }
  const operations = [...methods.values()].map((endpoint) => endpoint.operation)
  // A preflight is answered for the method that it asks about, not by the headers of one operation.
  const settings = new Map([...system.settings].filter(([name]) => name !== 'cors'))
  const preflight = lateEnvelope({ ...system, settings }, registry, tools, () => compilePreflight(operations, allow))
  const declared = methods.get('OPTIONS')
  methods.set('OPTIONS', declared === undefined ? preflight : behindPreflight(declared, preflight, [...methods]))
  methods.set(
    otherMethods,
    lateEnvelope(system, registry, tools, () => refuseMethod(allow)),
  )
}

/** An operation that answers OPTIONS itself, as exports of other gateways declare it, behind the preflights of those that have `cors`. */
function behindPreflight(declared: Endpoint, preflight: Endpoint, others: readonly [string, Endpoint][]): Endpoint {
  const methods = new Set(others.flatMap(([method, { operation }]) => (operation.settings.has('cors') ? [method] : [])))
  if (methods.size === 0) return declared
  return {
    operation: declared.operation,
    pipeline(context) {
      const { origin, 'access-control-request-method': method } = context.req.headers
      return (origin !== undefined && method !== undefined && methods.has(method) ? preflight : declared).pipeline(context)
    },
  }
}

function refuseMethod(allow: string): Run {
  const refusal = problem('method_not_allowed', { detail: `allowed here: ${allow}`, headers: { allow } })
  return () => refusal
}
