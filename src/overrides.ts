import type { Handler } from './context.ts'
import type { Diagnostics } from './documents/diagnostics.ts'
import { nearest } from './documents/suggest.ts'
import type { Operation } from './model/operation.ts'
import type { ServiceDefinition, Services } from './services/service.ts'
import type { HandlerModules } from './targets/handler-modules.ts'

/** Sections of gateway.yaml, laid over the file like `gateway.<env>.yaml`: objects are merged, lists replaced, null removes. */
export type ConfigOverlay = Readonly<Record<string, unknown>>

/** What stands in place of what a project's files say: for tests, and for programs that have a gateway in them. */
export interface Overrides {
  /** Laid over gateway.yaml and checked by the same schema, one after the other; a function gets what is written so far. */
  readonly config?: readonly (ConfigOverlay | ((written: ConfigOverlay) => ConfigOverlay))[] | undefined
  /** Handlers by operationId; the operation's policies, checks and services stay as they are. */
  readonly handlers?: Readonly<Record<string, Handler>> | undefined
  /** Services by name; those that have `start` and `stop` are started and stopped with the gateway. */
  readonly services?: Partial<Services> | undefined
  /** Takes each record of the log as a line of JSON, in place of where gateway.yaml sends it. */
  readonly log?: ((line: string) => void) | undefined
}

/** Handler modules in which these handlers come first. */
export function overrideHandlers(modules: HandlerModules, handlers: Overrides['handlers'] = {}): HandlerModules {
  return {
    ...modules,
    find(operationId) {
      const found = modules.find(operationId)
      const handler = Object.hasOwn(handlers, operationId) ? handlers[operationId] : undefined
      if (handler === undefined) return found
      return { handler, file: found?.file ?? '(overrides)', version: found?.version, uses: found?.uses ?? [] }
    },
  }
}

/** Services of which these are at hand already. */
export function overrideServices(
  definitions: readonly ServiceDefinition[],
  services: Overrides['services'] = {},
): readonly ServiceDefinition[] {
  return definitions.map((definition) => {
    const { name } = definition
    return services[name] === undefined ? definition : { name, create: () => services[name] as never }
  })
}

/** Reports overrides that change nothing: a name that nothing has, a handler that no operation calls. */
export function checkOverrides(
  { handlers = {}, services = {} }: Overrides,
  operations: readonly Operation[],
  definitions: readonly ServiceDefinition[],
  diagnostics: Diagnostics,
): void {
  for (const id of Object.keys(handlers)) {
    const operation = operations.find((candidate) => candidate.id === id)
    if (operation === undefined) {
      const names = operations.map((candidate) => candidate.id)
      diagnostics.error('unknown-override', undefined, `overrides: there is no operation '${id}'`, didYouMean(id, names))
    } else if (operation.target !== 'handler' && operation.target !== 'task') {
      const hint = `override its setting as well: { operations: { ${id}: { ${operation.target}: false } } }`
      const message = `overrides: no handler of '${id}' is ever called: gateway.yaml has it answered by '${operation.target}'`
      diagnostics.error('unused-override', undefined, message, hint)
    }
  }
  for (const name of Object.keys(services)) {
    const names = definitions.map((definition) => definition.name)
    if (!names.includes(name as never))
      diagnostics.error('unknown-override', undefined, `overrides: there is no service '${name}'`, didYouMean(name, names))
  }
}

function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return near === undefined ? `there are: ${known.join(', ') || '(none)'}` : `did you mean '${near}'?`
}
