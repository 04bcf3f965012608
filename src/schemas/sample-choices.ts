import type { Checker } from './function-keyword.ts'
import type { Rule } from './rule.ts'

/** Says which branch is taken of a list of alternatives with so many; asked once for each list, in the order in which they are met. */
export type Choose = (branches: number) => number

/**
 * The ways through a rule's alternatives: of every list the first branch, of every list the second, …; where several lists stand
 * beside each other these may contradict, so that all combinations follow.
 */
export function* choicesOf(rule: Rule, checker: Checker): Generator<Choose> {
  const lists = listsOf(rule, checker, new Set())
  const longest = Math.max(1, ...lists)
  for (let index = 0; index < longest; index++) yield (branches) => index % branches
  if (lists.length < 2) return
  const combinations = lists.reduce((product, branches) => product * branches, 1)
  for (let number = 0; number < combinations; number++) yield digits(number)
}

/** Reads a number with the lists' lengths as its bases. */
function digits(number: number): Choose {
  let rest = number
  return function nextDigit(branches) {
    const digit = rest % branches
    rest = Math.floor(rest / branches)
    return digit
  }
}

/** How many branches each list of alternatives has that applies to the same value, or may. */
function listsOf(rule: Rule, checker: Checker, seen: Set<number>): number[] {
  if (typeof rule === 'boolean') return []
  const { reference, allOf = [], oneOf = [], anyOf = [], if: condition, then = true, else: otherwise = true } = rule
  const lists = [oneOf as Rule[], anyOf as Rule[], condition === undefined ? [] : [then as Rule, otherwise as Rule]]
  const parts = [...(allOf as Rule[]), ...lists.flat()]
  if (reference !== undefined && !seen.has(reference)) {
    seen.add(reference)
    parts.push(checker.target(reference))
  }
  const own = lists.map((branches) => branches.length).filter((branches) => branches > 1)
  return [...own, ...parts.flatMap((part) => listsOf(part, checker, seen))]
}
