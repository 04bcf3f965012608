import type { AST } from '@eslint-community/regexpp'
import { type Alphabet, createAlphabet } from './alphabet.ts'
import { type Flags, flagsBelow, isAnchored } from './syntax.ts'

/** One step of a nondeterministic automaton (Thompson's construction); numbers are indexes of steps. */
export type Step =
  | { readonly kind: 'character'; readonly set: number; readonly next: number }
  | { kind: 'either'; first: number; second: number }
  | { readonly kind: 'condition'; readonly condition: number; readonly next: number }
  | { readonly kind: 'match' }

/** What must hold at a place between two characters. */
export type Condition =
  | { readonly kind: 'start' | 'end'; readonly multiline: boolean }
  | { readonly kind: 'word'; readonly negate: boolean; readonly set: number }
  /** A lookaround, by the number of its automaton. */
  | { readonly kind: 'look'; readonly negate: boolean; readonly automaton: number }

/** An automaton that reads the text in one direction. */
export interface Automaton {
  readonly steps: readonly Step[]
  readonly entry: number
  /** Whether it reads from the end of the text to its beginning. */
  readonly backwards: boolean
  /** Whether it can only begin at the beginning of the text. */
  readonly anchored: boolean
}

/** An expression as automata: those of its lookarounds, inner ones first, and last the expression's own. */
export interface Program {
  readonly automata: readonly Automaton[]
  readonly conditions: readonly Condition[]
  readonly alphabet: Alphabet
  readonly unicode: boolean
}

const mostSteps = 20_000
/** As many as there are bits in a small integer. */
const mostConditions = 20

class Unsupported extends Error {}

/** Undefined for what no automaton can do (backreferences) and for what would need too large a one. */
export function compileProgram(tree: AST.Pattern, flags: Flags): Program | undefined {
  const program = {
    automata: [] as Automaton[],
    conditions: [] as Condition[],
    alphabet: createAlphabet(),
    unicode: flags.unicode,
  }
  try {
    program.automata.push(compileAutomaton(tree.alternatives, flags, false, program))
    return program.conditions.length > mostConditions ? undefined : program
  } catch (error) {
    if (error instanceof Unsupported) return undefined
    throw error
  }
}

interface Parts {
  readonly automata: Automaton[]
  readonly conditions: Condition[]
  readonly alphabet: Alphabet
}

function compileAutomaton(alternatives: readonly AST.Alternative[], flags: Flags, backwards: boolean, parts: Parts): Automaton {
  const steps: Step[] = []

  function emit(step: Step): number {
    if (steps.length === mostSteps) throw new Unsupported()
    return steps.push(step) - 1
  }

  /** Every part is compiled in front of what follows it; gives the step that it begins with. */
  function alternatively(among: readonly AST.Alternative[], below: Flags, next: number): number {
    return among
      .map((alternative) => sequence(alternative.elements, below, next))
      .reduceRight((second, first) => emit({ kind: 'either', first, second }))
  }

  function sequence(elements: readonly AST.Element[], below: Flags, next: number): number {
    const inOrder = backwards ? elements : elements.toReversed()
    return inOrder.reduce((after, element) => compile(element, below, after), next)
  }

  function compile(element: AST.Element, below: Flags, next: number): number {
    switch (element.type) {
      case 'Group':
        return alternatively(element.alternatives, flagsBelow(below, element), next)
      case 'CapturingGroup':
        return alternatively(element.alternatives, below, next)
      case 'Quantifier':
        return repeat(element, below, next)
      case 'Assertion':
        return emit({ kind: 'condition', condition: conditionOf(element, below, parts), next })
      case 'Character':
      case 'CharacterClass':
      case 'CharacterSet':
        return emit({ kind: 'character', set: parts.alphabet.setOf(element, below), next })
      default:
        throw new Unsupported()
    }
  }

  function repeat({ element, min, max }: AST.Quantifier, below: Flags, next: number): number {
    let entry = next
    if (max === Number.POSITIVE_INFINITY) {
      const loop = { kind: 'either' as const, first: 0, second: next }
      entry = emit(loop)
      loop.first = compile(element, below, entry)
    } else {
      for (let count = min; count < max; count++) {
        entry = emit({ kind: 'either', first: compile(element, below, entry), second: next })
      }
    }
    for (let count = 0; count < min; count++) entry = compile(element, below, entry)
    return entry
  }

  const entry = alternatively(alternatives, flags, emit({ kind: 'match' }))
  return { steps, entry, backwards, anchored: !backwards && isAnchored(alternatives, flags) }
}

function conditionOf(assertion: AST.Assertion, flags: Flags, parts: Parts): number {
  return parts.conditions.push(describeCondition(assertion, flags, parts)) - 1
}

function describeCondition(assertion: AST.Assertion, flags: Flags, parts: Parts): Condition {
  if (assertion.kind === 'start' || assertion.kind === 'end') return { kind: assertion.kind, multiline: flags.multiline }
  if (assertion.kind === 'word') {
    const word = { type: 'CharacterSet', kind: 'word', raw: '\\w' } as AST.CharacterSet
    return { kind: 'word', negate: assertion.negate, set: parts.alphabet.setOf(word, flags) }
  }
  // What is looked for ahead is found by reading back from wherever it may end.
  const { alternatives, negate } = assertion as AST.LookaroundAssertion
  const automaton = compileAutomaton(alternatives, flags, assertion.kind === 'lookahead', parts)
  return { kind: 'look', negate, automaton: parts.automata.push(automaton) - 1 }
}
