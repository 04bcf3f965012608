import { moments, quantile } from '../csv/numbers.ts'

/** Works on each element; columns among the arguments are walked together. */
interface Elementwise {
  kind: 'elementwise'
  arity: readonly [least: number, most: number]
  apply(...values: number[]): number
}

/** Makes one number of a column; `rest` are the further arguments. */
interface Aggregate {
  kind: 'aggregate'
  arity: readonly [least: number, most: number]
  apply(column: readonly number[], ...rest: number[]): number
}

const each = (apply: Elementwise['apply'], least = 1, most = least): Elementwise => ({
  kind: 'elementwise',
  arity: [least, most],
  apply,
})
const over = (apply: Aggregate['apply'], arity = 1): Aggregate => ({ kind: 'aggregate', arity: [arity, arity], apply })

const sum = (column: readonly number[]) => column.reduce((total, value) => total + value, 0)
const ascending = (column: readonly number[]) => [...column].sort((a, b) => a - b)

/** Everything that an expression can call; nothing else is reachable from one. */
export const functions: ReadonlyMap<string, Elementwise | Aggregate> = new Map<string, Elementwise | Aggregate>([
  ['abs', each(Math.abs)],
  ['sqrt', each(Math.sqrt)],
  ['exp', each(Math.exp)],
  ['ln', each(Math.log)],
  ['log10', each(Math.log10)],
  ['log2', each(Math.log2)],
  ['sin', each(Math.sin)],
  ['cos', each(Math.cos)],
  ['tan', each(Math.tan)],
  ['floor', each(Math.floor)],
  ['ceil', each(Math.ceil)],
  ['round', each(roundTo, 1, 2)],
  ['least', each(Math.min, 1, 20)],
  ['greatest', each(Math.max, 1, 20)],
  ['if', each((condition, yes, no) => (condition !== 0 ? yes! : no!), 3)],
  ['sum', over(sum)],
  ['mean', over((column) => moments(column).mean)],
  ['stddev', over((column) => moments(column).deviation)],
  ['min', over((column) => column.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY))],
  ['max', over((column) => column.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY))],
  ['median', over((column) => quantile(ascending(column), 0.5))],
  [
    'quantile',
    over((column, fraction) => (fraction! >= 0 && fraction! <= 1 ? quantile(ascending(column), fraction!) : Number.NaN), 2),
  ],
  ['count', over((column) => column.length)],
])

/** Halves go away from zero, on the decimal digits that people see: round(1.005, 2) is 1.01. */
function roundTo(value: number, digits = 0): number {
  if (!Number.isInteger(digits) || Math.abs(digits) > 15) return Number.NaN
  if (!Number.isFinite(value)) return value
  const shifted = shift(Math.abs(value), digits)
  return Math.sign(value) * shift(Math.round(shifted), -digits)
}

function shift(value: number, digits: number): number {
  const [mantissa, exponent = '0'] = String(value).split('e')
  return Number(`${mantissa}e${Number(exponent) + digits}`)
}
