import { Type } from 'typebox'
import { type Agent, AgentFailure, defineTask, pause } from './agent.ts'
import { evaluate, type Value } from './calculator/evaluate.ts'
import { parse } from './calculator/parse.ts'

/** Numbers in all columns of a result: a short formula can ask for a long one, a hundred times. */
const mostNumbers = 1_000_000

const Name = '^[A-Za-z_][A-Za-z0-9_]{0,63}$'
const expression = Type.String({
  minLength: 1,
  maxLength: 5_000,
  description:
    'Numbers, names, + - * / % ^, comparisons (1 or 0), and, or, not, and functions such as round, if, sum, mean, median, quantile.',
  examples: ['round(sum(price * count), 2)'],
})
const variables = Type.Record(Type.String({ pattern: Name }), Type.Number(), {
  default: {},
  maxProperties: 200,
  additionalProperties: false,
  description: 'Numbers by name.',
})
const columns = Type.Record(Type.String({ pattern: Name }), Type.Array(Type.Number(), { maxItems: 100_000 }), {
  default: {},
  maxProperties: 200,
  additionalProperties: false,
  description: 'Columns of numbers by name; operations on columns go element by element.',
})
const formulas = Type.Array(Type.Object({ name: Type.String({ pattern: Name }), expression }, { additionalProperties: false }), {
  minItems: 1,
  maxItems: 100,
  description: 'Computed in order; each may use the names of those before it.',
})

export const calculator: Agent = {
  name: 'calculator',
  description:
    'Computes expressions over numbers and columns of numbers, with a small language of its own that can reach nothing else.',
  tasks: {
    evaluate: defineTask({
      description: 'The value of one expression: a number, or a column.',
      parameters: Type.Object({ expression, variables, columns }, { additionalProperties: false }),
      run: ({ expression, variables, columns }) => ({
        value: finite(evaluate(parse(expression), named(variables, columns)), 'the result'),
      }),
    }),
    derive: defineTask({
      description: 'Several named formulas that build on each other.',
      parameters: Type.Object({ formulas, variables, columns }, { additionalProperties: false }),
      run: async ({ formulas, variables, columns }, run) => {
        const names = named(variables, columns)
        const values = new Map<string, Value>()
        let numbers = 0
        for (const [index, { name, expression }] of formulas.entries()) {
          const value = finite(evaluate(parse(expression), names), name)
          numbers += typeof value === 'number' ? 1 : value.length
          if (numbers > mostNumbers) throw new AgentFailure(`with ${name} the results hold more than ${mostNumbers} numbers`)
          names.set(name, value)
          values.set(name, value)
          run.progress((index + 1) / formulas.length, `computed ${name}`)
          await pause(run)
        }
        return { values: Object.fromEntries(values) }
      },
    }),
  },
}

/** A Map, so that `constructor` and its like are names as any other. */
function named(variables: Record<string, number>, columns: Record<string, number[]>): Map<string, Value> {
  return new Map<string, Value>([...Object.entries(variables), ...Object.entries(columns)])
}

/** JSON knows no infinity, and a caller who divides by zero wants to know. */
function finite(value: Value, what: string): Value {
  const bad =
    typeof value === 'number' ? (Number.isFinite(value) ? -1 : 0) : value.findIndex((element) => !Number.isFinite(element))
  if (bad === -1) return value
  const where = typeof value === 'number' ? '' : ` in row ${bad + 1}`
  throw new AgentFailure(`${what} is not a finite number${where}: something was divided by zero or left its range`)
}
