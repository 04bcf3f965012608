import type { Principal } from '../context.ts'
import type { TaskDefinitions } from './definition.ts'
import { ownerOf } from './insert.ts'

/**
 * Whether a caller may see (and cancel, and retry) a task: its owner, and the roles in its operation's `visibleTo`. A task of
 * nobody belongs to whoever knows its id, which is as hard to guess as a password.
 */
export function maySee(
  definitions: TaskDefinitions,
  principal: Principal | undefined,
  task: { owner: string | null; operation: string },
): boolean {
  if (task.owner === null) return true
  if (principal === undefined) return false
  if (ownerOf(principal) === task.owner) return true
  const visibleTo = definitions.get(task.operation)?.options.visibleTo ?? []
  return visibleTo.some((role) => principal.roles.includes(role))
}
