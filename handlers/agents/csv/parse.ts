import { AgentFailure } from '../agent.ts'

export interface CsvRecord {
  fields: string[]
  /** The line that the record starts on, from 1; quoted line breaks make the two differ. */
  line: number
}

/**
 * The records of a CSV text as RFC 4180 has them: quoted fields may hold delimiters, line breaks and doubled quotes; records end with CRLF or LF.
 * Empty lines are no records. Throws `AgentFailure` with the line for quotes that do not match.
 */
export function* parseCsv(text: string, delimiter: string): Generator<CsvRecord> {
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  while (at < text.length) {
    const start = line
    const fields: string[] = []
    let ended = false
    while (!ended) {
      const field = text[at] === '"' ? readQuoted(text, at, line) : readPlain(text, at, delimiter)
      fields.push(field.value)
      line += field.breaks
      at = field.end
      if (text[at] === delimiter) at++
      else if (at >= text.length || text[at] === '\n' || text.startsWith('\r\n', at)) ended = true
      else
        throw new AgentFailure(
          `line ${line}: only ${JSON.stringify(delimiter)} or the end of the line may follow a closing quote`,
        )
    }
    at += text[at] === '\r' ? 2 : 1
    line++
    if (fields.length > 1 || fields[0] !== '') yield { fields, line: start }
  }
}

interface Field {
  value: string
  /** Index of the first character behind the field. */
  end: number
  /** How many lines it spans beyond its first. */
  breaks: number
}

function readPlain(text: string, start: number, delimiter: string): Field {
  let end = start
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && !text.startsWith('\r\n', end)) end++
  return { value: text.slice(start, end), end, breaks: 0 }
}

function readQuoted(text: string, start: number, line: number): Field {
  let value = ''
  let from = start + 1
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote === -1) throw new AgentFailure(`line ${line}: the quote that opens here is never closed`)
    value += text.slice(from, quote)
    if (text[quote + 1] !== '"') return { value, end: quote + 1, breaks: value.split('\n').length - 1 }
    value += '"'
    from = quote + 2
  }
}

const headLength = 20_000
const delimiters = [',', ';', '\t', '|'] as const

/** The delimiter that cuts the first records into the same number of fields, and into the most; a comma when none does. */
export function guessDelimiter(text: string): string {
  // Cut behind a line, so that no record ends early.
  const head = text.length <= headLength ? text : text.slice(0, text.lastIndexOf('\n', headLength) + 1)
  let best: { delimiter: string; width: number } = { delimiter: ',', width: 1 }
  for (const delimiter of delimiters) {
    const widths = firstWidths(head, delimiter)
    const [width = 1] = widths
    if (width > best.width && widths.every((other) => other === width)) best = { delimiter, width }
  }
  return best.delimiter
}

function firstWidths(head: string, delimiter: string): number[] {
  const widths: number[] = []
  try {
    for (const { fields } of parseCsv(head, delimiter)) {
      widths.push(fields.length)
      if (widths.length === 10) break
    }
  } catch (error) {
    // Quotes that do not match under this delimiter: what came before them still counts.
    if (!(error instanceof AgentFailure)) throw error
  }
  return widths
}
