import type { Operation } from '../model/operation.ts'

/** Two templates that fit one path, and the one that the router asks there. */
export interface Ambiguity {
  readonly winner: Operation
  readonly loser: Operation
  readonly example: string
}

/**
 * Pairs of templates of which each has text where the other has a variable: `/pets/{id}` and `/{kind}/mine` both fit `/pets/mine`
 * (OpenAPI 3.1 section 4.8.8.2 leaves it to the tooling). A template with more text at every place is only more specific.
 */
export function ambiguousPaths(operations: readonly Operation[], templateAt: (path: string) => string | undefined): Ambiguity[] {
  const bySize = Map.groupBy(
    operations.filter(({ path }) => path.includes('{')),
    ({ path }) => path.split('/').length,
  )
  return [...bySize.values()].flatMap((group) => {
    const split = group.map((operation) => ({ operation, segments: operation.path.split('/') }))
    return split.flatMap((one, index) =>
      split.slice(index + 1).flatMap((other) => {
        const example = commonPath(one.segments, other.segments)
        if (example === undefined) return []
        const first = templateAt(example) === one.operation.path
        const [winner, loser] = first ? [one.operation, other.operation] : [other.operation, one.operation]
        return [{ winner, loser, example }]
      }),
    )
  })
}

/** A path that both fit, when neither is the more specific one. Segments that mix text and variables are left out. */
function commonPath(one: readonly string[], other: readonly string[]): string | undefined {
  let [oneWins, otherWins] = [false, false]
  const path: string[] = []
  for (const [index, first] of one.entries()) {
    const second = other[index] as string
    if (first === second) path.push(isVariable(first) ? 'x' : first)
    else if (isVariable(second) && !first.includes('{')) {
      oneWins = true
      path.push(first)
    } else if (isVariable(first) && !second.includes('{')) {
      otherWins = true
      path.push(second)
    } else if (isVariable(first) && isVariable(second)) path.push('x')
    else return undefined
  }
  return oneWins && otherWins ? path.join('/') : undefined
}

function isVariable(segment: string): boolean {
  return /^\{[^{}]*\}$/.test(segment)
}
