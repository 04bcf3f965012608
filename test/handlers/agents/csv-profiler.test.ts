import t from 'tap'
import { inferType } from '../../../handlers/agents/csv/column.ts'
import { describeNumbers, quantile } from '../../../handlers/agents/csv/numbers.ts'
import { guessDelimiter, parseCsv } from '../../../handlers/agents/csv/parse.ts'
import { csvProfiler } from '../../../handlers/agents/csv-profiler.ts'
import { runTask } from './run-task.ts'

const records = (text: string, delimiter = ',') => [...parseCsv(text, delimiter)].map(({ fields }) => fields)

t.test('records as in RFC 4180', async (t) => {
  t.same(records('a,b\r\nc,d\r\n'), [
    ['a', 'b'],
    ['c', 'd'],
  ])
  t.same(records('a,b\nc,d'), [
    ['a', 'b'],
    ['c', 'd'],
  ])
  t.same(records('"a,1","b ""quoted"""\n'), [['a,1', 'b "quoted"']])
  t.same(records('"line\r\nbreak",x\n'), [['line\r\nbreak', 'x']])
  t.same(records('a,,\n,,\n'), [
    ['a', '', ''],
    ['', '', ''],
  ])
  t.same(records('"",""\n'), [['', '']])
  t.same(records('a b , c\n'), [['a b ', ' c']])
  t.same(records('a"b,c\n'), [['a"b', 'c']], 'a quote inside an unquoted field is text')
  t.same(records('\uFEFFa,b\n'), [['a', 'b']], 'a byte order mark is no content')
  t.same(records('a\n\n\nb\n'), [['a'], ['b']], 'empty lines are no records')
  t.same(records('a\rb\n'), [['a\rb']])
  t.same(records(''), [])
})

t.test('lines are counted through quoted breaks', async (t) => {
  t.same(
    [...parseCsv('a\n"b\n\nc"\nd\n', ',')].map(({ line }) => line),
    [1, 2, 5],
  )
})

t.test('quotes that do not match name their line', async (t) => {
  t.throws(() => records('a,b\n1,"open\n2,3\n'), { message: 'line 2: the quote that opens here is never closed' })
  t.throws(() => records('a\n"b"c\n'), { message: 'line 2: only "," or the end of the line may follow a closing quote' })
})

t.test('the delimiter is found out', async (t) => {
  t.equal(guessDelimiter('a,b\n1,2\n'), ',')
  t.equal(guessDelimiter('a;b;c\n1,5;2,5;3\n4;5;6\n'), ';')
  t.equal(guessDelimiter('a\tb\n1\t2\n'), '\t')
  t.equal(guessDelimiter('a|b\n1|2\n'), '|')
  t.equal(guessDelimiter('only\none\n'), ',')
  t.equal(guessDelimiter('"a;b",c\n"d;e",f\n'), ',', 'delimiters in quotes do not count')
  const wide = `${'x'.repeat(300)};1\n`
  t.equal(guessDelimiter(wide.repeat(5)), ';')
  t.equal(guessDelimiter(`${'y'.repeat(4_500)};1\n`.repeat(6)), ';', 'a head that ends inside a record')
})

const inferred: [type: string, values: string[]][] = [
  ['empty', []],
  ['integer', ['0', '-1', '+12', '9007199254740991']],
  ['text', ['9007199254740993']],
  ['number', ['1', '2.5', '-.5', '1e9', '3.']],
  ['text', ['007', '12']],
  ['boolean', ['true', 'FALSE', 'yes', 'No']],
  ['date', ['2026-02-28', '2024-02-29']],
  ['text', ['2026-02-30']],
  ['datetime', ['2026-02-28T10:00Z', '2026-02-28 10:00:00.5+01:00']],
  ['text', ['2026-02-28', 'soon']],
  ['text', ['1', 'x']],
]

t.test('a column has the narrowest type of all its values', async (t) => {
  for (const [type, values] of inferred) {
    t.equal(inferType(values), type, values.join(' '))
  }
})

t.test('measures of numbers', async (t) => {
  t.equal(quantile([1, 2, 3, 4], 0.5), 2.5)
  t.equal(quantile([7], 0.95), 7)
  const { mean, standard_deviation, quantiles, outliers, min, max } = describeNumbers([1, 2, null, 3, 4, 100])
  t.same({ mean, min, max }, { mean: 22, min: 1, max: 100 })
  t.equal(standard_deviation, 43.6176569751)
  t.same([quantiles.p25, quantiles.p50, quantiles.p75], [2, 3, 4])
  t.same(outliers, { below: -1, above: 7, count: 1, examples: [{ row: 6, value: 100 }] })
  t.equal(describeNumbers([0.1, 0.2, 0.3]).mean, 0.2)
})

t.test('the profile of a file', async (t) => {
  const csv = 'id,city,founded,open,zip\n1,Bern,1191-01-01,yes,03001\n2,Basel,,no,04001\n3,"Genf",1387-05-23,NA,01200\n3,Bern\n'
  const profile = await runTask(csvProfiler, 'profile', { csv })
  t.equal(profile.delimiter, ',')
  t.equal(profile.rows, 4)
  t.same(profile.ragged_rows, { count: 1, lines: [5] })
  const [id, city, founded, open, zip] = profile.columns
  t.match(id, { name: 'id', type: 'integer', count: 4, nulls: 0, distinct: 3, unique: false, min: 1, max: 3, mean: 2.25 })
  t.match(city, { type: 'text', top_values: [{ value: 'Bern', count: 2 }], min_length: 4, max_length: 5 })
  t.match(founded, { type: 'date', nulls: 2, min: '1191-01-01', max: '1387-05-23' })
  t.match(open, { type: 'boolean', count: 2, nulls: 2 })
  t.match(zip, { type: 'text', count: 3, unique: true })
})

t.test('files without a header, with a delimiter of their own, and nothing in them', async (t) => {
  const { columns } = await runTask(csvProfiler, 'profile', { csv: '1;2\n3;4\n', header: false, delimiter: ';' })
  t.same(
    columns.map(({ name, count }: { name: string; count: number }) => [name, count]),
    [
      ['column_1', 2],
      ['column_2', 2],
    ],
  )
  await t.rejects(runTask(csvProfiler, 'profile', { csv: '\n\n' }), { message: 'the file has no records' })
  await t.rejects(runTask(csvProfiler, 'profile', { csv: ','.repeat(600) }), { message: /601 columns; at most 500/ })
  const short = `${','.repeat(499)}\n${'x\n'.repeat(499_000)}`
  await t.rejects(runTask(csvProfiler, 'profile', { csv: short }), {
    message: 'the table has more than 5000000 cells: 500 columns and 10001 rows so far',
  })
  const { rows, columns: bare } = await runTask(csvProfiler, 'profile', { csv: 'a,\n' })
  t.equal(rows, 0)
  t.match(bare, [{ name: 'a', type: 'empty', count: 0, unique: false }, { name: 'column_2' }])
})

t.test('a large file reports progress and stops when it is cancelled', async (t) => {
  const csv = `n,t\n${Array.from({ length: 20_000 }, (_, row) => `${row},text ${row}`).join('\n')}\n`
  const reports: number[] = []
  await runTask(csvProfiler, 'profile', { csv }, { progress: (fraction) => reports.push(fraction) })
  t.ok(reports.length >= 10)
  t.same(
    reports,
    [...reports].sort((a, b) => a - b),
    'progress never goes back',
  )
  t.equal(reports.at(-1), 1)

  const abort = new AbortController()
  await t.rejects(runTask(csvProfiler, 'profile', { csv }, { signal: abort.signal, progress: () => abort.abort() }), {
    name: 'AbortError',
  })
})
