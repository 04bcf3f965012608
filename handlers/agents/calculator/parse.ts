import { AgentFailure } from '../agent.ts'
import { type Token, tokenize } from './tokens.ts'

export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'name'; name: string; at: number }
  | { kind: 'call'; name: string; parameters: Expression[]; at: number }
  | { kind: 'unary'; operator: '-' | 'not'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '^' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or'

/** From loosest to tightest; all bind to the left but `^`, which is read apart. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
]

const comparisons = 2

/** Deeper nesting than anybody writes; it keeps the parser and the evaluator from exhausting the stack. */
const mostDepth = 100

/** Reads an expression; throws `AgentFailure` with the place (a character, from 1) where it cannot be read. */
export function parse(source: string): Expression {
  const tokens = tokenize(source)
  let next = 0
  let depth = 0

  const peek = (): Token => tokens[next]!
  const take = (): Token => tokens[next++]!
  const accept = (...texts: readonly string[]): Token | undefined =>
    texts.includes(peek().text) && peek().kind !== 'number' ? take() : undefined

  function expect(text: string): void {
    if (accept(text) === undefined) throw unexpected(peek(), `'${text}'`)
  }

  function nested(read: () => Expression): Expression {
    if (++depth > mostDepth) throw new AgentFailure(`the expression is nested more than ${mostDepth} levels deep`)
    const expression = read()
    depth--
    return expression
  }

  function binary(level: number): Expression {
    const operators = levels[level]
    if (operators === undefined) return unary()
    // As in Python: `not x > 5` is `not (x > 5)`.
    if (level === comparisons && accept('not') !== undefined)
      return { kind: 'unary', operator: 'not', operand: nested(() => binary(level)) }
    let left = binary(level + 1)
    let length = 0
    for (let token = accept(...operators); token !== undefined; token = accept(...operators)) {
      // A chain becomes a tree as deep as it is long.
      if (++length > mostChain) throw new AgentFailure(`more than ${mostChain} terms stand in a row; use sum() over a column`)
      left = { kind: 'binary', operator: token.text as BinaryOperator, left, right: binary(level + 1) }
    }
    return left
  }

  function unary(): Expression {
    const token = accept('-', '+')
    if (token === undefined) return power()
    const operand = nested(unary)
    return token.text === '+' ? operand : { kind: 'unary', operator: '-', operand }
  }

  /** Binds tighter than a sign on its left (-2^2 is -4) and looser than one on its right (2^-1), and to the right. */
  function power(): Expression {
    const left = primary()
    if (accept('^') === undefined) return left
    return { kind: 'binary', operator: '^', left, right: nested(unary) }
  }

  function primary(): Expression {
    const token = take()
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) }
    if (token.kind === 'name') return accept('(') === undefined ? { kind: 'name', name: token.text, at: token.at } : call(token)
    if (token.text !== '(') throw unexpected(token, 'a number, a name or an opening parenthesis')
    const inner = nested(() => binary(0))
    expect(')')
    return inner
  }

  function call({ text: name, at }: Token): Expression {
    const parameters: Expression[] = []
    if (accept(')') === undefined) {
      do parameters.push(nested(() => binary(0)))
      while (accept(',') !== undefined)
      expect(')')
    }
    return { kind: 'call', name, parameters, at }
  }

  const expression = binary(0)
  if (peek().kind !== 'end') throw unexpected(peek(), 'an operator or the end')
  return expression
}

const mostChain = 500

function unexpected(token: Token, expected: string): AgentFailure {
  const found = token.kind === 'end' ? 'it ends' : `'${token.text}' stands there`
  return new AgentFailure(`character ${token.at}: ${expected} was expected, but ${found}`)
}
