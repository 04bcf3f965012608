import { AgentFailure } from '../agent.ts'
import { functions } from './functions.ts'
import type { BinaryOperator, Expression } from './parse.ts'

/** A number, or a column of them. */
export type Value = number | readonly number[]
export type Names = ReadonlyMap<string, Value>

/** Operations on single numbers that one expression may cost: a fraction of a second. */
const mostSteps = 5_000_000

/** The value of an expression over named numbers and columns; throws `AgentFailure` for what has none. */
export function evaluate(expression: Expression, names: Names): Value {
  let steps = 0

  function spend(count: number): void {
    steps += count
    if (steps > mostSteps) throw new AgentFailure(`the calculation needs more than ${mostSteps} steps`)
  }

  function visit(expression: Expression): Value {
    switch (expression.kind) {
      case 'number':
        return expression.value
      case 'name':
        return lookUp(expression.name, expression.at)
      case 'unary':
        return broadcast(
          [visit(expression.operand)],
          expression.operator === '-' ? (value) => -value! : (value) => Number(value === 0),
        )
      case 'binary':
        return broadcast([visit(expression.left), visit(expression.right)], operators[expression.operator])
      case 'call':
        return call(expression)
    }
  }

  function lookUp(name: string, at: number): Value {
    const value = names.get(name)
    if (value !== undefined) return value
    const known =
      names.size === 0 ? 'there are no variables or columns' : `known are ${[...names.keys()].slice(0, 20).join(', ')}`
    throw new AgentFailure(`character ${at}: '${name}' is neither a variable nor a column; ${known}`)
  }

  function call({ name, parameters, at }: Extract<Expression, { kind: 'call' }>): Value {
    const found = functions.get(name)
    if (found === undefined)
      throw new AgentFailure(`character ${at}: there is no function '${name}'; known are ${[...functions.keys()].join(', ')}`)
    const [least, most] = found.arity
    if (parameters.length < least || parameters.length > most) {
      throw new AgentFailure(
        `character ${at}: ${name}() takes ${least === most ? least : `${least} to ${most}`} arguments, not ${parameters.length}`,
      )
    }
    const values = parameters.map(visit)
    if (found.kind === 'elementwise') return broadcast(values, found.apply)
    const [column, ...rest] = values
    if (typeof column === 'number') throw new AgentFailure(`character ${at}: ${name}() works on a column, not on a single number`)
    if (!rest.every((value) => typeof value === 'number'))
      throw new AgentFailure(`character ${at}: ${name}() takes one column only`)
    if (column!.length === 0 && name !== 'count' && name !== 'sum')
      throw new AgentFailure(`character ${at}: ${name}() of an empty column has no value`)
    // The most costly of them sort.
    spend(column!.length * Math.max(1, Math.ceil(Math.log2(column!.length + 1))))
    return found.apply(column!, ...rest)
  }

  function broadcast(values: readonly Value[], apply: (...values: number[]) => number): Value {
    const columns = values.filter((value) => typeof value !== 'number')
    const [first] = columns
    spend(first?.length ?? 1)
    if (first === undefined) return apply(...(values as readonly number[]))
    const other = columns.find((column) => column.length !== first.length)
    if (other !== undefined) throw new AgentFailure(`columns of ${first.length} and of ${other.length} values cannot be combined`)
    return first.map((_, row) => apply(...values.map((value) => (typeof value === 'number' ? value : value[row]!))))
  }

  return visit(expression)
}

const truth = (condition: boolean) => Number(condition)

const operators: Readonly<Record<BinaryOperator, (a?: number, b?: number) => number>> = {
  '+': (a, b) => a! + b!,
  '-': (a, b) => a! - b!,
  '*': (a, b) => a! * b!,
  '/': (a, b) => a! / b!,
  '%': (a, b) => a! % b!,
  '^': (a, b) => a! ** b!,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a! < b!),
  '<=': (a, b) => truth(a! <= b!),
  '>': (a, b) => truth(a! > b!),
  '>=': (a, b) => truth(a! >= b!),
  and: (a, b) => truth(a !== 0 && b !== 0),
  or: (a, b) => truth(a !== 0 || b !== 0),
}
