import type { Position } from './document.ts'

/** Longer lines are cut around the marked place. */
const maxWidth = 120

/** One line of a code frame: its number, its text, and which columns of it are marked. */
export interface FrameLine {
  number: number
  text: string
  /** Columns from 0, the end not included; only on the line that is meant. */
  mark?: { start: number; end: number }
}

/** The lines around a position, two before and one after; tabs become one space each, so that marks stay in their column. */
export function frameOf(source: string, { line, column, endColumn }: Position): FrameLine[] {
  const lines = linesAround(source, line - 2, line + 1)
  return lines.map(({ number, text }) => {
    const from = cutAt(text, column)
    const shown = cut(text, from)
    if (number !== line) return { number, text: shown }
    const start = Math.min(Math.max(0, column - 1 - from.start), shown.length)
    const end = Math.max(start + 1, Math.min((endColumn ?? column + 1) - 1 - from.start, shown.length))
    return { number, text: shown, mark: { start, end } }
  })
}

function linesAround(source: string, first: number, last: number): { number: number; text: string }[] {
  const lines: { number: number; text: string }[] = []
  let offset = 0
  for (let number = 1; number <= last && offset <= source.length; number++) {
    const next = source.indexOf('\n', offset)
    const end = next === -1 ? source.length : next
    if (number >= first) lines.push({ number, text: source.slice(offset, end).replace(/\r$/, '') })
    offset = end + 1
  }
  // A line break at the end of the file begins no line of its own.
  return lines.filter(({ text }, index) => index < lines.length - 1 || text !== '' || lines.length === 1)
}

function cutAt(text: string, column: number): { start: number; isCut: boolean } {
  if (text.length <= maxWidth) return { start: 0, isCut: false }
  return { start: Math.max(0, Math.min(column - maxWidth / 2, text.length - maxWidth)), isCut: true }
}

function cut(text: string, { start, isCut }: { start: number; isCut: boolean }): string {
  const part = isCut ? text.slice(start, start + maxWidth) : text
  return part.replace(/[\t\p{Cc}]/gu, ' ').trimEnd()
}
