import { AgentFailure } from '../agent.ts'

export interface Token {
  kind: 'number' | 'name' | 'operator' | 'end'
  text: string
  /** Place in the source, in characters from 1. */
  at: number
}

const pattern =
  /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<operator>[=!<>]=|[-+*/%^<>(),])/y
const wordOperators = new Set(['and', 'or', 'not'])

export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match === null)
      throw new AgentFailure(`character ${at + 1}: '${String.fromCodePoint(source.codePointAt(at)!)}' means nothing here`)
    const { number, name, operator } = match.groups!
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at: at + 1 })
    else if (name !== undefined) tokens.push({ kind: wordOperators.has(name) ? 'operator' : 'name', text: name, at: at + 1 })
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at: at + 1 })
    at = pattern.lastIndex
  }
  tokens.push({ kind: 'end', text: '', at: source.length + 1 })
  return tokens
}
