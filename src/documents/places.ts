import type { Position } from './document.ts'

/** A stretch of a text: offsets in UTF-16 code units, the end not included. */
export interface Span {
  start: number
  end: number
}

/** Where one value stands in the text, with its key when it is the member of an object. */
export interface Place {
  key?: Span
  value: Span
}

/** Finds the place of the value at these pointer tokens, or of its nearest existing parent. */
export type FindPlace = (tokens: readonly string[]) => Place

/** Turns offsets of one text into lines and columns; the line table is made when it is first needed. */
export function createPositions(name: string, text: string): (span: Span) => Position {
  let starts: number[] | undefined
  return (span) => {
    starts ??= lineStarts(text)
    const line = lineAt(starts, span.start)
    const from = starts[line] as number
    const next = starts[line + 1] ?? Number.POSITIVE_INFINITY
    const position: Position = { file: name, line: line + 1, column: span.start - from + 1 }
    if (span.end > span.start && span.end < next) position.endColumn = span.end - from + 1
    return position
  }
}

/** The offset of a position in its text. */
export function offsetOf(text: string, position: Position): number {
  let offset = 0
  for (let line = 1; line < position.line; line++) offset = text.indexOf('\n', offset) + 1
  return offset + position.column - 1
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
