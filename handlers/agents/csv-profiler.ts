import { Type } from 'typebox'
import { type Agent, AgentFailure, defineTask, pause, type Run } from './agent.ts'
import { profileColumn } from './csv/column.ts'
import { type CsvRecord, guessDelimiter, parseCsv } from './csv/parse.ts'

const mostColumns = 500
/** A short record stands for as many missing values as there are columns, so that a small file could fill the memory. */
const mostCells = 5_000_000
const rowsAtOnce = 2_000
const mostRaggedLines = 20

const Parameters = Type.Object(
  {
    csv: Type.String({ minLength: 1, maxLength: 10_000_000, description: 'The file as text (RFC 4180).' }),
    delimiter: Type.Enum(['auto', ',', ';', '\t', '|'], {
      default: 'auto',
      description: 'What separates fields; `auto` finds out.',
    }),
    header: Type.Boolean({ default: true, description: 'Whether the first record names the columns.' }),
    null_values: Type.Array(Type.String(), {
      default: ['', 'NA', 'N/A', 'null', 'NULL'],
      maxItems: 20,
      description: 'Values that stand for nothing, compared without surrounding spaces.',
    }),
  },
  { additionalProperties: false },
)

export const csvProfiler: Agent = {
  name: 'csv_profiler',
  description: 'Profiles the columns of a CSV file: types, missing and distinct values, ranges, quantiles, outliers.',
  tasks: {
    profile: defineTask({
      description: 'Reads the file and describes each column.',
      parameters: Parameters,
      run: (parameters, run) => profile(parameters, run),
    }),
  },
}

interface Table {
  names: string[]
  /** By column. */
  values: (string | null)[][]
  rows: number
  ragged: number[]
}

async function profile({ csv, delimiter: asked, header, null_values }: Type.Static<typeof Parameters>, run: Run) {
  const delimiter = asked === 'auto' ? guessDelimiter(csv) : asked
  const table = await readTable(parseCsv(csv, delimiter), header, new Set(null_values), run)
  const columns = []
  for (const [index, name] of table.names.entries()) {
    columns.push(profileColumn(name, table.values[index]!))
    run.progress(0.5 + (0.5 * (index + 1)) / table.names.length, `profiled ${name}`)
    await pause(run)
  }
  return {
    delimiter,
    rows: table.rows,
    ragged_rows: { count: table.ragged.length, lines: table.ragged.slice(0, mostRaggedLines) },
    columns,
  }
}

/** Reads all records into columns. Short records lack values; what a record has beyond the columns is not looked at. */
async function readTable(records: Iterable<CsvRecord>, header: boolean, nulls: ReadonlySet<string>, run: Run): Promise<Table> {
  const table: Table = { names: [], values: [], rows: 0, ragged: [] }
  for (const record of records) {
    if (table.names.length === 0) {
      startTable(table, record, header)
      if (header) continue
    }
    addRow(table, record, nulls)
    if (table.rows % rowsAtOnce === 0) {
      run.progress(0.25, `read ${table.rows} rows`)
      await pause(run)
    }
  }
  if (table.names.length === 0) throw new AgentFailure('the file has no records')
  return table
}

function startTable(table: Table, { fields }: CsvRecord, header: boolean): void {
  if (fields.length > mostColumns)
    throw new AgentFailure(`the file has ${fields.length} columns; at most ${mostColumns} are profiled`)
  table.names = fields.map((name, index) => (header && name.trim()) || `column_${index + 1}`)
  table.values = fields.map(() => [])
}

function addRow(table: Table, { fields, line }: CsvRecord, nulls: ReadonlySet<string>): void {
  table.rows++
  if (table.rows * table.names.length > mostCells)
    throw new AgentFailure(
      `the table has more than ${mostCells} cells: ${table.names.length} columns and ${table.rows} rows so far`,
    )
  if (fields.length !== table.names.length) table.ragged.push(line)
  for (const [index, values] of table.values.entries()) {
    const value = fields[index]?.trim()
    values.push(value === undefined || nulls.has(value) ? null : value)
  }
}
