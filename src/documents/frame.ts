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

/**
 * The lines around a position, two before and one after; a tab becomes one space, so that marks stay in their column. A line that
 * is too long is cut around the mark and stands alone.
 */
export function frameOf(source: string, { line, column, endColumn }: Position): FrameLine[] {
  const around = linesAround(source, line - 2, line + 1)
  const from = windowStart(around.find(({ number }) => number === line)?.text ?? '', column)
  const lines = from === 0 ? around : around.filter(({ number }) => number === line)
  return lines.map(({ number, text }) => {
    const shown = hideSecrets(text)
      .slice(from, from + maxWidth)
      .replace(/\p{Cc}/gu, ' ')
      .trimEnd()
    if (number !== line) return { number, text: shown }
    const start = Math.min(column - 1 - from, shown.length)
    const end = Math.max(start + 1, Math.min((endColumn ?? column + 1) - 1 - from, shown.length))
    return { number, text: shown, mark: { start, end } }
  })
}

/** Values of keys such as `secret:`, and passwords in URLs; placeholders tell nothing. */
const secrets = [
  /((?:^|[\s,"']|(?<!\$)\{)[\w-]*(?:secret|password|passphrase|token|api_?key)["']?\s*:\s*)((?!["']?\$\{)(?:"[^"]*"|'[^']*'|[^\s,{}[\]#"'][^\s,{}[\]#]*))/gi,
  /(:\/\/[^\s:/@"']*:)([^\s@/"']+)(?=@)/g,
]

/** Frames are shown in build logs, where the secret of a neighbouring line has no business. Columns stay as they are. */
function hideSecrets(text: string): string {
  const hide = (_: string, before: string, secret: string) => before + secret.replace(/[^"']/g, '•')
  return secrets.reduce((shown, pattern) => shown.replace(pattern, hide), text)
}

/** Where a long line is cut, so that the marked column stands in what is shown. */
function windowStart(text: string, column: number): number {
  if (text.length <= maxWidth) return 0
  return Math.max(0, Math.min(column - maxWidth / 2, text.length - maxWidth))
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
