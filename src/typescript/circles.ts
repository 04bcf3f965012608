import { anything, type Expression, intersection, openNameKey, union } from './expression.ts'

/**
 * Cuts names that lead back to themselves with no object or list between, as in `type Pet = Pet | Cat`: TypeScript refuses them, and a schema
 * that refers to itself for the same value asks nothing by it.
 */
export function withoutCircles(types: ReadonlyMap<string, Expression>): Map<string, Expression> {
  const finished = new Map<string, Expression>()
  const open = new Set<string>()

  function finish(key: string): void {
    const type = types.get(key)
    if (type === undefined || finished.has(key)) return
    open.add(key)
    finished.set(key, cut(type) ?? anything)
    open.delete(key)
  }

  /** Undefined for a name that is being finished further up. */
  function cut(type: Expression): Expression | undefined {
    if (type.kind === 'plain') {
      const key = openNameKey(type)
      if (key === undefined) return type
      if (open.has(key)) return undefined
      finish(key)
      return type
    }
    const members = type.members.map(cut)
    if (members.every((member, index) => member === type.members[index])) return type
    const rest = members.filter((member) => member !== undefined)
    return rest.length === 0 ? undefined : type.kind === 'union' ? union(rest) : intersection(rest)
  }

  for (const key of types.keys()) finish(key)
  return finished
}
