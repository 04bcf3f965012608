import t from 'tap'
import { AgentFailure } from '../../../handlers/agents/agent.ts'
import { evaluate, type Value } from '../../../handlers/agents/calculator/evaluate.ts'
import { parse } from '../../../handlers/agents/calculator/parse.ts'
import { calculator } from '../../../handlers/agents/calculator.ts'
import { runTask } from './run-task.ts'

const names = new Map<string, Value>([
  ['x', 3],
  ['half', 0.5],
  ['price', [1.5, 2.25, 10]],
  ['count', [4, 2, 1]],
  ['empty', []],
])

const compute = (expression: string) => evaluate(parse(expression), names)

/** The message of the failure that an expression ends in. */
function failure(expression: string): string {
  try {
    return `no failure: ${JSON.stringify(compute(expression))}`
  } catch (error) {
    if (error instanceof AgentFailure) return error.message
    throw error
  }
}

const values: [expression: string, value: Value][] = [
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 - 4 - 3', 3],
  ['2 ^ 3 ^ 2', 512],
  ['-2 ^ 2', -4],
  ['2 ^ -1', 0.5],
  ['--x', 3],
  ['+x', 3],
  ['7 % 4', 3],
  ['.5 + 1. + 1e3 + 2E-1', 1001.7],
  ['x == 3 and not (x > 5) or x / 0', 1],
  ['not x > 5 and not (not 1)', 1],
  ['not 0 == 1', 1],
  ['1 < 2', 1],
  ['2 <= 1', 0],
  ['x != 3', 0],
  ['price * count', [6, 4.5, 10]],
  ['sum(price * count)', 20.5],
  ['price > 2', [0, 1, 1]],
  ['sum(if(price > 2, price, 0))', 12.25],
  ['sum(if(count == 1, 0, 1 / (count - 1)))', 1 / 3 + 1],
  ['mean(price)', 13.75 / 3],
  ['median(count)', 2],
  ['quantile(count, 0.25)', 1.5],
  ['min(price) + max(price)', 11.5],
  ['stddev(count)', Math.sqrt(7 / 3)],
  ['count(price)', 3],
  ['sum(empty) + count(empty)', 0],
  ['least(price, 2)', [1.5, 2, 2]],
  ['greatest(1, x, 2)', 3],
  ['round(1.005, 2)', 1.01],
  ['round(-2.5)', -3],
  ['round(1234, -2)', 1200],
  ['sqrt(16) + abs(-1) + ln(exp(2)) + log10(100) + log2(8)', 4 + 1 + 2 + 2 + 3],
]

t.test('expressions have the value that mathematics gives them', async (t) => {
  for (const [expression, expected] of values) {
    const value = compute(expression)
    const close = (a: number, b: number) => Math.abs(a - b) < 1e-9
    const same =
      typeof expected === 'number'
        ? close(value as number, expected)
        : expected.every((element, row) => close((value as number[])[row]!, element))
    t.ok(same, `${expression} = ${JSON.stringify(value)}, expected ${JSON.stringify(expected)}`)
  }
})

const failures: [expression: string, message: string | RegExp][] = [
  ['1 +', 'character 4: a number, a name or an opening parenthesis was expected, but it ends'],
  ['1 2', "character 3: an operator or the end was expected, but '2' stands there"],
  ['1 + not 1', "character 5: a number, a name or an opening parenthesis was expected, but 'not' stands there"],
  ['(1', "character 3: ')' was expected, but it ends"],
  ['1 $ 2', "character 3: '$' means nothing here"],
  ['y + 1', "character 1: 'y' is neither a variable nor a column; known are x, half, price, count, empty"],
  ['nope(1)', /^character 1: there is no function 'nope'; known are abs, /],
  ['round()', 'character 1: round() takes 1 to 2 arguments, not 0'],
  ['sum(1)', 'character 1: sum() works on a column, not on a single number'],
  ['quantile(price, price)', 'character 1: quantile() takes one column only'],
  ['mean(empty)', 'character 1: mean() of an empty column has no value'],
  ['price + empty', 'columns of 3 and of 0 values cannot be combined'],
]

t.test('what has no value says where and why', async (t) => {
  for (const [expression, message] of failures) {
    if (typeof message === 'string') t.equal(failure(expression), message, expression)
    else t.match(failure(expression), message, expression)
  }
})

t.test('nothing outside the language can be reached', async (t) => {
  for (const name of ['constructor', '__proto__', 'toString', 'process', 'globalThis', 'hasOwnProperty', 'this', 'require']) {
    t.match(failure(name), `'${name}' is neither a variable nor a column`)
    t.match(failure(`${name}(1)`), `there is no function '${name}'`)
  }
  for (const expression of ['x.constructor', 'x["constructor"]', '`x`', 'x = 1', '() => 1', 'x; x', '"x"', 'a?b:c', 'x\\u0000']) {
    t.match(failure(expression), /^character \d+: /, expression)
  }
})

t.test('no expression exhausts the stack or the time of the process', async (t) => {
  t.match(failure('('.repeat(5_000)), 'nested more than 100 levels deep')
  t.match(failure('-'.repeat(5_000)), 'nested more than 100 levels deep')
  t.match(failure('not '.repeat(1_200)), 'nested more than 100 levels deep')
  t.match(failure('abs('.repeat(5_000)), 'nested more than 100 levels deep')
  t.match(failure(`2${'^2'.repeat(2_000)}`), 'nested more than 100 levels deep')
  t.match(failure(`1${'+1'.repeat(2_000)}`), 'more than 500 terms stand in a row')
  const long = new Map<string, Value>([['c', Array.from({ length: 100_000 }, (_, row) => row)]])
  t.throws(() => evaluate(parse(`c${'+c'.repeat(100)}`), long), { message: 'the calculation needs more than 5000000 steps' })
})

t.test('evaluate and derive', async (t) => {
  t.same(await runTask(calculator, 'evaluate', { expression: 'constructor * 2', variables: { constructor: 21 } }), { value: 42 })
  const formulas = [
    { name: 'total', expression: 'price * count' },
    { name: 'share', expression: 'round(total / sum(total), 3)' },
  ]
  const columns = { price: [1.5, 2.25, 10], count: [4, 2, 1] }
  t.same(await runTask(calculator, 'derive', { formulas, columns }), {
    values: { total: [6, 4.5, 10], share: [0.293, 0.22, 0.488] },
  })
})

t.test('short formulas do not make results without end', async (t) => {
  const columns = { x: Array.from({ length: 100_000 }, (_, row) => row) }
  const formulas = Array.from({ length: 11 }, (_, index) => ({ name: `y${index}`, expression: 'x' }))
  await t.rejects(runTask(calculator, 'derive', { formulas, columns }), {
    message: 'with y10 the results hold more than 1000000 numbers',
  })
  const { values } = await runTask(calculator, 'derive', { formulas: formulas.slice(1), columns })
  t.equal(Object.keys(values).length, 10)
})

t.test('a result that JSON cannot hold is a failure', async (t) => {
  await t.rejects(
    runTask(calculator, 'evaluate', { expression: '1 / 0' }),
    new AgentFailure('the result is not a finite number: something was divided by zero or left its range'),
  )
  await t.rejects(runTask(calculator, 'evaluate', { expression: '1 / c', columns: { c: [1, 0] } }), {
    message: /not a finite number in row 2/,
  })
  await t.rejects(runTask(calculator, 'evaluate', { expression: 'sqrt(-1)' }), { message: /not a finite number/ })
})

t.test('formulas stop when they are cancelled', async (t) => {
  const abort = new AbortController()
  const formulas = Array.from({ length: 50 }, (_, index) => ({ name: `f${index}`, expression: '1' }))
  let reports = 0
  const running = runTask(
    calculator,
    'derive',
    { formulas },
    {
      signal: abort.signal,
      progress: () => {
        if (++reports === 3) abort.abort()
      },
    },
  )
  await t.rejects(running, { name: 'AbortError' })
  t.equal(reports, 3)
})
