import type { Operation } from '../model/operation.ts'
import type { HandlerModules } from '../targets/handler-modules.ts'
import type { Registry } from './registry.ts'

/** The services that some operation needs: by a policy, by its target, or because its handler's module names them. */
export function usedServices(
  operations: readonly Operation[],
  { policies, targets }: Registry,
  handlers: HandlerModules,
): Set<string> {
  const used = new Set<string>()
  for (const operation of operations) {
    const active = policies.filter(({ name, always }) => always === true || operation.settings.has(name))
    const target = targets.filter(({ name }) => name === operation.target)
    for (const part of [...active, ...target]) for (const name of part.uses ?? []) used.add(name)
    for (const name of handlers.find(operation.id)?.uses ?? []) used.add(name)
  }
  return used
}
