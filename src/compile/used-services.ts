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
    for (const { name, always, uses } of policies) if (always === true || operation.settings.has(name)) add(uses)
    for (const { name, uses } of targets) if (name === operation.target) add(uses)
    add(handlers.find(operation.id)?.uses)
  }
  return used

  function add(names: readonly string[] = []): void {
    for (const name of names) used.add(name)
  }
}
