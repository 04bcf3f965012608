import type { AST } from '@eslint-community/regexpp'
import { type Flags, flagsBelow, isAnchored } from './syntax.ts'

/** Steps that a backtracking engine may take on one text: a tenth of a millisecond. */
const mostSteps = 100_000
/** What counts as linear: so many steps for each character, judged at a length that is large for any text in a message. */
const stepsPerCharacter = 100
const largeText = 100_000

/**
 * The longest text on which a backtracking engine certainly stays within a tenth of a millisecond, or a hundred steps for each
 * character; `Infinity` when that holds for every text. A bound, not an estimate: what is nested counts as exponential,
 * whether or not its parts can be told apart.
 */
export function longestSafeText(tree: AST.Pattern, flags: Flags): number {
  const anchored = isAnchored(tree.alternatives, flags)
  const steps = (length: number) => costOf(tree.alternatives, length, flags).steps * (anchored ? 1 : length + 1) + length
  if (steps(largeText) <= largeText * stepsPerCharacter) return Number.POSITIVE_INFINITY
  let [safe, unsafe] = [0, largeText]
  while (unsafe - safe > 1) {
    const middle = (safe + unsafe) >> 1
    if (steps(middle) <= mostSteps) safe = middle
    else unsafe = middle
  }
  return safe
}

/** What trying everything costs, from one place in a text, and in how many ways the part can succeed there. */
interface Cost {
  readonly ways: number
  readonly steps: number
  /** The fewest characters that the part consumes. */
  readonly shortest: number
}

const nothing: Cost = { ways: 1, steps: 0, shortest: 0 }
const one: Cost = { ways: 1, steps: 1, shortest: 1 }
const condition: Cost = { ways: 1, steps: 1, shortest: 0 }

function costOf(alternatives: readonly AST.Alternative[], length: number, flags: Flags): Cost {
  const costs = alternatives.map(({ elements }) =>
    elements.map((element) => elementCost(element, length, flags)).reduce(inSequence, nothing),
  )
  return {
    ways: costs.reduce((sum, { ways }) => sum + ways, 0),
    steps: costs.reduce((sum, { steps }) => sum + steps + 1, 0),
    shortest: Math.min(...costs.map(({ shortest }) => shortest)),
  }
}

/** Whatever follows is tried anew for each way in which the part before it succeeds. */
function inSequence(before: Cost, after: Cost): Cost {
  return {
    ways: before.ways * after.ways,
    steps: before.steps + before.ways * after.steps,
    shortest: before.shortest + after.shortest,
  }
}

function elementCost(element: AST.Element, length: number, flags: Flags): Cost {
  switch (element.type) {
    case 'Group':
      return costOf(element.alternatives, length, flagsBelow(flags, element))
    case 'CapturingGroup':
      return costOf(element.alternatives, length, flags)
    case 'Quantifier':
      return repeated(elementCost(element.element, length, flags), element, length)
    case 'Backreference':
      return { ways: 1, steps: length, shortest: 0 }
    case 'Assertion':
      if (element.kind !== 'lookahead' && element.kind !== 'lookbehind') return condition
      // Once it has succeeded, no other way through it is tried.
      return { ...condition, steps: costOf(element.alternatives, length, flags).steps + 1 }
    default:
      return one
  }
}

function repeated(part: Cost, { min, max }: AST.Quantifier, length: number): Cost {
  const fits = part.shortest === 0 ? length + 1 : Math.ceil(length / part.shortest)
  const most = Math.min(max, Math.max(min, fits))
  const shortest = part.shortest * min
  if (part.ways === 1) return { ways: most - Math.min(min, most) + 1, steps: most * (part.steps + 1), shortest }
  let [ways, steps, paths] = [min === 0 ? 1 : 0, 1, 1]
  for (let count = 1; count <= most && steps < Number.MAX_SAFE_INTEGER; count++) {
    steps += paths * part.steps
    paths *= part.ways
    if (count >= min) ways += paths
  }
  return { ways: Math.max(1, ways), steps, shortest }
}
