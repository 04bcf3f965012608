import type { Automaton, Condition, Program } from './program.ts'
import { TextTooLong } from './text-too-long.ts'

/** States of a deterministic automaton that are kept; it is begun anew when there are more. */
const mostStates = 1000
/** Steps on which a text may make an automaton do what it has not done before: some tens of milliseconds. */
const mostWork = 10_000_000

/** A set of steps that the automaton may be at, and what was found out about it so far. */
interface State {
  readonly steps: readonly number[]
  /** By the conditions that hold (as numbered by the explorer), then by the class of the next character. */
  readonly edges: (Edge | undefined)[][]
}

interface Edge {
  /** Whether the expression has matched before the next character. */
  readonly matches: boolean
  readonly to: State
}

/** What is known about one text: for each lookaround that was evaluated, whether it holds at each place. */
interface Reading {
  readonly text: string
  readonly holds: Uint8Array[]
  work: number
}

/**
 * Says whether an expression matches anywhere in a text, in time that grows with the text's length alone: all ways are followed at
 * once (K. Thompson 1968), sets of ways that were met before are remembered, and lookarounds are evaluated for all places
 * before what they stand in (A. Barrière, C. Pit-Claudel, "Linear Matching of JavaScript Regexes", 2024).
 * Throws `TextTooLong` for a text that asks for too much new work.
 */
export function createMatcher(program: Program): (text: string) => boolean {
  const readers = program.automata.map((automaton) => createReader(automaton, program))
  const last = readers.length - 1
  return function matches(text) {
    const reading: Reading = { text, holds: [], work: 0 }
    for (let index = 0; index < last; index++) {
      const places = new Uint8Array(text.length + 1)
      readers[index]?.(reading, places)
      reading.holds.push(places)
    }
    return (readers[last] as Reader)(reading)
  }
}

/** Reads a text; ends at the first match, or marks all places where there is one. */
type Reader = (reading: Reading, places?: Uint8Array) => boolean

function createReader(automaton: Automaton, program: Program): Reader {
  const { alphabet, unicode } = program
  const { backwards } = automaton
  const explore = createExplorer(automaton, program)
  const conditions = createConditions(program)

  return function read(reading, places) {
    const { text } = reading
    let state = explore.initial()
    let at = backwards ? text.length : 0
    for (;;) {
      const isLast = backwards ? at === 0 : at === text.length
      const code = isLast ? -1 : backwards ? codeBefore(text, at, unicode) : codeAt(text, at, unicode)
      const classNumber = isLast ? -1 : alphabet.classOf(code)
      const edge = explore.edge(state, conditions(reading, at), classNumber, reading)
      if (edge.matches) {
        if (places === undefined) return true
        places[at] = 1
      }
      if (isLast || (edge.to.steps.length === 0 && places === undefined)) return false
      state = edge.to
      at += (backwards ? -1 : 1) * (code > 0xffff ? 2 : 1)
    }
  }
}

interface Explorer {
  initial(): State
  /** Where a state leads; the class is -1 at the end of the text. */
  edge(state: State, holding: number, classNumber: number, reading: Reading): Edge
}

function createExplorer({ steps, entry, anchored }: Automaton, { alphabet }: Program): Explorer {
  const states = new Map<string, State>()
  const combinations = new Map<number, number>()
  const marks = new Uint32Array(steps.length)
  let mark = 0

  function stateOf(numbers: readonly number[]): State {
    const key = numbers.join()
    let state = states.get(key)
    if (state === undefined) {
      if (states.size === mostStates) states.clear()
      state = { steps: numbers, edges: [] }
      states.set(key, state)
    }
    return state
  }

  function numberOf(holding: number): number {
    if (holding === 0) return 0
    const known = combinations.get(holding) ?? combinations.size + 1
    combinations.set(holding, known)
    return known
  }

  function edge(state: State, holding: number, classNumber: number, reading: Reading): Edge {
    const row = (state.edges[numberOf(holding)] ??= [])
    return (row[classNumber + 1] ??= follow(state, holding, classNumber, reading))
  }

  function follow(state: State, holding: number, classNumber: number, reading: Reading): Edge {
    mark = (mark + 1) % 0xffffffff || 1
    const open = [...state.steps]
    const reached = new Set<number>()
    let matches = false
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      if (marks[number] === mark) continue
      marks[number] = mark
      reading.work++
      const step = steps[number] as (typeof steps)[number]
      if (step.kind === 'match') matches = true
      else if (step.kind === 'either') open.push(step.first, step.second)
      else if (step.kind === 'condition') {
        if ((holding >> step.condition) & 1) open.push(step.next)
      } else if (classNumber !== -1 && alphabet.contains(step.set, classNumber)) reached.add(step.next)
    }
    if (reading.work > mostWork) throw new TextTooLong()
    if (!anchored) reached.add(entry)
    return { matches, to: stateOf([...reached].sort((a, b) => a - b)) }
  }

  return { initial: () => stateOf([entry]), edge }
}

/** Gives the conditions that hold at a place, one in each bit. */
function createConditions({ conditions, alphabet, unicode }: Program): (reading: Reading, at: number) => number {
  const isTerminator = (code: number) => code === 10 || code === 13 || code === 0x2028 || code === 0x2029

  function holds(condition: Condition, { text, holds }: Reading, at: number): boolean {
    switch (condition.kind) {
      case 'start':
        return at === 0 || (condition.multiline && isTerminator(text.charCodeAt(at - 1)))
      case 'end':
        return at === text.length || (condition.multiline && isTerminator(text.charCodeAt(at)))
      case 'word': {
        const isWord = (code: number) => alphabet.contains(condition.set, alphabet.classOf(code))
        const before = at > 0 && isWord(codeBefore(text, at, unicode))
        const after = at < text.length && isWord(codeAt(text, at, unicode))
        return (before !== after) !== condition.negate
      }
      case 'look':
        // One that is not evaluated yet stands further outside, where nobody asks for it.
        return (holds[condition.automaton]?.[at] === 1) !== condition.negate
    }
  }

  const atEnds = conditions.every((condition) => (condition.kind === 'start' || condition.kind === 'end') && !condition.multiline)
  return function holding(reading, at) {
    if (atEnds && at !== 0 && at !== reading.text.length) return 0
    let bits = 0
    for (let index = 0; index < conditions.length; index++) {
      if (holds(conditions[index] as Condition, reading, at)) bits |= 1 << index
    }
    return bits
  }
}

function codeAt(text: string, at: number, unicode: boolean): number {
  return unicode ? (text.codePointAt(at) as number) : text.charCodeAt(at)
}

function codeBefore(text: string, at: number, unicode: boolean): number {
  if (!unicode || at < 2) return text.charCodeAt(at - 1)
  const code = text.codePointAt(at - 2) as number
  return code > 0xffff ? code : text.charCodeAt(at - 1)
}
